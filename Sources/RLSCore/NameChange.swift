/// A logical name that a catalog has got or lost.
public enum NameChange: Sendable, Hashable {
    case added(ByteString)
    case deleted(ByteString)

    public var name: ByteString {
        switch self {
        case .added(let name), .deleted(let name): name
        }
    }
}
