import Logging
import NIOCore
import RLSCore
import RLSStorage

/// The lines of the log that say who was refused what, and who changed what.
struct Audit: Sendable {
    let logger: Logger

    func refused(_ session: ClientSession, method: ByteString, subject: ByteString) {
        logger.notice(
            "refused",
            metadata: session.metadata.merging(["method": "\(method)", "subject": "\(subject.shortened)"]) { $1 })
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
    /// Enough to tell what it was, and no more than a log should take from a stranger.
    fileprivate var shortened: ByteString { count <= 1_024 ? self : ByteString(bytes.prefix(1_024)) + "…" }
}

/// What a request is about, for a request that was refused before it was decoded: its first string.
enum RequestSubject {
    static func of(_ arguments: ByteBuffer) -> ByteString {
        ByteString(arguments.readableBytesView.prefix(1_025).prefix { $0 != 0 })
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
        }
    }
}
