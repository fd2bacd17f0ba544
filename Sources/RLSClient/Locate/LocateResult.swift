import RLSCore

/// Where the replicas of some logical names are.
public struct LocateResult: Sendable {
    /// Of each name that was asked for, once, in the order of the question.
    public internal(set) var names: [LocatedName] = []
    /// Servers that gave no whole answer about these names, by URL: catalogs that the index named, or an index that
    /// refuses to tell of some names.
    public internal(set) var skipped: [SkippedServer] = []
    /// Index servers that did not answer, so that the next was asked, in the order given.
    public internal(set) var skippedIndexes: [SkippedServer] = []
    /// The index that answered last; nil when there was nothing to ask.
    public internal(set) var index: ServerAddress?
}

/// The replicas of one logical name.
public struct LocatedName: Sendable, Hashable {
    public let lfn: ByteString
    /// Ascending by target, then by catalog. Empty: no catalog that was asked has the name.
    public let replicas: [Replica]
    /// URLs of the skipped servers that may know further replicas, ascending.
    public let unanswered: [ByteString]
    /// URLs of catalogs that the index named and that do not have the name, ascending: what the index says is stale, or a
    /// false positive.
    public let mistaken: [ByteString]
}

/// A target of a logical name, and the catalog that has it.
public struct Replica: Sendable, Hashable {
    public let mapping: Mapping
    /// URL of the catalog, as the index has it.
    public let lrc: ByteString
}

extension Replica: Comparable {
    public static func < (left: Replica, right: Replica) -> Bool {
        left.mapping == right.mapping ? left.lrc < right.lrc : left.mapping < right.mapping
    }
}

/// A server that gave no whole answer, and why.
public struct SkippedServer: Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// No connection could be made.
        case unreachable
        case timedOut
        /// The connection ended before the answer.
        case closed
        /// It answered, with this code.
        case refused(StatusCode)
        /// One side does not accept the other's certificate, or there is none.
        case notAuthenticated
        /// What it sent is no answer of the protocol.
        case badReply
        /// The index gave what is no URL of a server.
        case badURL
    }

    /// As the index has it, or of an index itself.
    public let url: ByteString
    public let reason: Reason
    /// The reason in words.
    public let cause: String
}

extension SkippedServer {
    init(_ url: ByteString, _ error: any Error) {
        self.url = url
        cause = "\(error)"
        switch error {
        case let error as CatalogError: reason = error.code == .badURL ? .badURL : .refused(error.code)
        case let error as ClientError: reason = Reason(error.code)
        default: reason = .unreachable
        }
    }
}

extension SkippedServer.Reason {
    fileprivate init(_ code: ClientError.Code) {
        switch code {
        case .cannotConnect: self = .unreachable
        case .timeout: self = .timedOut
        case .closed: self = .closed
        case .badReply: self = .badReply
        case .notAuthenticated: self = .notAuthenticated
        }
    }
}

/// None of the index servers answered.
public struct NoIndexAnswered: Error, Sendable, Hashable, CustomStringConvertible {
    /// In the order given.
    public let indexes: [SkippedServer]

    public var description: String { indexes.map { "\($0.url): \($0.cause)" }.joined(separator: "\n") }
}
