import Logging
import NIOCore
import RLSCore
import RLSStorage

/// The lines of the log that say who was refused what, and who changed what.
struct Audit: Sendable {
    /// Bytes: enough to tell what it was, and no more than a log should take from a stranger.
    static let longestSubject = 1_024

    let logger: Logger

    /// - Parameter items: how many of a bulk request's items were refused
    func refused(_ session: ClientSession, method: ByteString, subject: ByteString, items: Int = 1) {
        var pairs: Logger.Metadata = ["method": "\(method)", "subject": "\(subject.shortened)"]
        if items > 1 { pairs["items"] = "\(items)" }
        logger.notice("refused", metadata: session.metadata.merging(pairs) { $1 })
    }

    func configurationChanged(_ session: ClientSession, option: String, value: String) {
        logger.notice(
            "configuration changed",
            metadata: session.metadata.merging(["option": "\(option)", "value": "\(value)"]) { $1 })
    }

    func configurationRefused(_ session: ClientSession, option: String, cause: String) {
        logger.notice(
            "configuration change refused",
            metadata: session.metadata.merging(["option": "\(option)", "cause": "\(cause)"]) { $1 })
    }

    /// One line a change, after it is durable.
    func updated(_ session: ClientSession, _ changes: [Change], _ failures: [ChangeFailure]) {
        let codes = Dictionary(failures.map { ($0.index, $0.error.code) }) { first, _ in first }
        for (index, change) in changes.enumerated() {
            let code = codes[index] ?? .success
            let (action, subject) = change.audit
            logger.notice(
                "update",
                metadata: session.metadata.merging(
                    ["action": "\(action)", "subject": "\(subject)", "code": "\(code.rawValue)"]) { $1 })
        }
    }
}

extension ByteString {
    fileprivate var shortened: ByteString {
        count <= Audit.longestSubject ? self : ByteString(bytes.prefix(Audit.longestSubject)) + "…"
    }
}

extension Change {
    /// What is done, and to what.
    fileprivate var audit: (action: String, subject: ByteString) {
        switch self {
        case .create(let mapping): ("create", mapping.subject)
        case .add(let mapping): ("add", mapping.subject)
        case .ensure(let mapping): ("ensure", mapping.subject)
        case .delete(let mapping): ("delete", mapping.subject)
        case .rename(_, let old, let new): ("rename", old + "," + new)
        case .clear: ("clear", .empty)
        case .defineAttribute(let definition): ("define attribute", definition.name)
        case .undefineAttribute(_, let name, _): ("undefine attribute", name)
        case .setAttribute(let setting): ("set attribute", setting.key + "," + setting.name + "," + setting.text)
        case .removeAttribute(_, let key, let name): ("remove attribute", key + "," + name)
        case .addRLI(let url, _, let pattern): ("add rli", url + "," + pattern)
        case .deleteRLI(let url, let pattern): ("delete rli", url + "," + pattern)
        case .noteRLIUpdate(let url, _): ("note rli update", url)
        }
    }
}
