import Foundation
import NIOConcurrencyHelpers
import RLSTestSupport

/// Looks again and again at the files that stand under final names: each must be whole when it is first seen.
final class FinalNames: Sendable {
    private let site: ReplicationSite
    private let files: NIOLockedValueBox<[String: Data]>
    private let state = NIOLockedValueBox((seen: Set<String>(), wrong: [String]()))

    init(_ site: ReplicationSite, _ files: NIOLockedValueBox<[String: Data]>) {
        self.site = site
        self.files = files
    }

    var seen: Int { state.withLockedValue { $0.seen.count } }
    var wrong: [String] { state.withLockedValue { $0.wrong } }

    func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(30))
        }
        look()
    }

    private func look() {
        let known = state.withLockedValue { $0.seen }
        for path in FileManager.default.subpaths(atPath: site.root) ?? [] where !path.hasPrefix(".ldr-") {
            let name = (path as NSString).lastPathComponent
            guard !known.contains(name), let expected = files.withLockedValue({ $0[name] }) else { continue }
            let content = FileManager.default.contents(atPath: site.root + "/" + path)
            state.withLockedValue { state in
                state.seen.insert(name)
                if content != expected { state.wrong.append("\(name): \(content?.count ?? -1) bytes") }
            }
        }
    }
}
