import RLSCore

/// Why a stream of requests cannot go on: after each of these the position of the next request is unknown.
package enum FrameError: Error, Hashable, Sendable {
    case unknownMethod(ByteString)
    case fieldTooLong(limit: Int)
    case tooManyItems(limit: Int)
    case requestTooLong(limit: Int)
    /// Where the number of raw bytes should be.
    case noLength(ByteString)

    /// What the peer is told before the connection is closed.
    package var answer: CatalogError {
        switch self {
        case .unknownMethod(let name): CatalogError(.badMethod, name)
        case .fieldTooLong(let limit): CatalogError(.overflow, "string longer than \(limit) bytes")
        case .tooManyItems(let limit): CatalogError(.overflow, "more than \(limit) items in one request")
        case .requestTooLong(let limit): CatalogError(.overflow, "request longer than \(limit) bytes")
        case .noLength(let text): CatalogError(.badArgument, text)
        }
    }
}
