import NIOConcurrencyHelpers
import RLSCore

/// HTTP, HTTPS and WebDAV by `curl` (Debian: curl): one process for many files, several at a time.
///
/// Certificates are those of the settings or of X509_USER_PROXY and X509_CERT_DIR, as in GridFTP.
package struct CurlTool: TransferTool {
    private let program: String

    package init(program: String = "curl") { self.program = program }

    package func run(
        _ requests: [TransferRequest], _ settings: TransferSettings,
        began: @escaping @Sendable (TransferRequest) -> Void,
        finished: @escaping @Sendable (TransferRequest, TransferOutcome) async -> Void
    ) async {
        await Deliveries.run(requests, began: began, finished: finished) { deliveries in
            var openElsewhere = OpenFiles()
            var waiting = requests.compactMap { CurlJob.prepare($0, settings, deliveries, &openElsewhere) }
            while !waiting.isEmpty, !Task.isCancelled {
                let batch = Array(waiting.prefix(max(1, settings.filesPerProcess)))
                waiting.removeFirst(batch.count)
                waiting = await fetch(batch, settings, deliveries) + waiting
            }
        }
    }

    /// - Returns: those that are to be begun again
    private func fetch(
        _ batch: [CurlJob], _ settings: TransferSettings, _ deliveries: Deliveries
    ) async -> [CurlJob] {
        let progress = CurlProgress(batch, settings, deliveries)
        let process = ChildProcess(
            program: program, arguments: CurlConfiguration.arguments(settings).map { Array($0.utf8) },
            input: CurlConfiguration.text(batch, settings), environment: settings.environment, package: "curl",
            throttle: progress.throttle)
        do throws(TransferFailure) {
            let end = try await process.run(in: try Scratch(), progress.stop) { progress.tick($0) }
            return Task.isCancelled ? [] : progress.rest(end, program)
        } catch {
            deliveries.fail(batch.map(\.request), error)
            return []
        }
    }
}

/// A file for curl.
struct CurlJob: Sendable {
    let request: TransferRequest
    let url: String
    let offset: Int64

    /// nil for one whose fate is known without a transfer.
    static func prepare(
        _ request: TransferRequest, _ settings: TransferSettings, _ deliveries: Deliveries,
        _ openElsewhere: inout OpenFiles
    ) -> CurlJob? {
        do throws(TransferFailure) {
            let source = try SourceURL(request.source)
            guard let scheme = schemes[source.scheme], !source.authority.isEmpty else {
                throw SourceURL.unsupported(request.source, "is no URL of HTTP")
            }
            let url = "\(scheme)://\(source.authority)\(source.path)\(source.query)"
            switch try PartialFile.prepare(request, settings, &openElsewhere) {
            case .complete:
                deliveries.settle(request, .success(bytes: 0, seconds: 0))
                return nil
            case .resumed(let bytes): return CurlJob(request: request, url: url, offset: bytes)
            case .new: return CurlJob(request: request, url: url, offset: 0)
            }
        } catch {
            deliveries.settle(request, .failure(error))
            return nil
        }
    }

    private static let schemes = ["http": "http", "https": "https", "dav": "http", "davs": "https"]
}
