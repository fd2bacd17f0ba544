import Foundation
import RLSCore

/// Fetches files of peers' metadata logs with the tools that fetch data.
package struct LogFetcher: Sendable {
    private let tools: TransferTools
    private let settings: TransferSettings
    private let scratch: String

    /// - Parameter scratch: a directory for files on their way
    package init(tools: TransferTools, settings: TransferSettings, scratch: String) {
        self.tools = tools
        self.settings = settings
        self.scratch = scratch
    }

    /// Removes what a program that was killed has left. Of the one daemon that fetches logs, before it does.
    package func removeLeftovers() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch)) ?? []
        for name in names where name.hasPrefix("log-") { unlink(scratch + "/" + name) }
    }

    package func fetch(from peer: PeerConfiguration) -> LogFetch {
        if peer.url.hasPrefix("file:///") {
            return FileLogSource(directory: String(peer.url.dropFirst("file://".count))).fetch
        }
        return { name, limit in try await fetch(peer.url + "/" + name, peer.site, limit) }
    }

    private func fetch(_ url: String, _ site: String, _ limit: Int) async throws -> [UInt8] {
        let path = "\(scratch)/log-\(site)-\(UUID().uuidString)"
        defer { unlink(path) }
        let source = ByteString(url)
        let request = TransferRequest(
            id: 1, source: source, destination: path, expected: FileRecord(lfn: source, size: Int64(limit)))
        let (outcomes, feed) = AsyncStream.makeStream(of: TransferOutcome.self)
        let tool = try tools.tool(for: source)
        await tool.run([request], settings, began: { _ in }, finished: { _, outcome in feed.yield(outcome) })
        feed.finish()
        for await outcome in outcomes {
            if let failure = outcome.failure { throw failure }
        }
        try Task.checkCancellation()
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw TransferFailure(.localError, "\(path) has gone")
        }
        return Array(bytes)
    }
}
