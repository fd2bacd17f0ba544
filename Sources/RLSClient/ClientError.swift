import RLSCore

/// Why a call has no answer. What a server answers is a `CatalogError`.
public struct ClientError: Error, Sendable, Hashable {
    public enum Code: Sendable, Hashable {
        /// No connection could be made.
        case cannotConnect
        /// Nothing came from the server within the time-out.
        case timeout
        /// The connection ended before the answer.
        case closed
        /// The server sent what is no answer of the protocol.
        case badReply
        /// One side does not accept the other's certificate, or there is none.
        case notAuthenticated
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String { message }
}
