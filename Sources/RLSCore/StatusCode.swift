/// Result code of the RLS protocol. Open: a newer server may answer codes that this program does not know.
/// Source: docs/protocol.md, "Codes".
public struct StatusCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let success = StatusCode(rawValue: 0)
    public static let globusError = StatusCode(rawValue: 1)
    public static let invalidHandle = StatusCode(rawValue: 2)
    public static let badURL = StatusCode(rawValue: 3)
    public static let noMemory = StatusCode(rawValue: 4)
    public static let overflow = StatusCode(rawValue: 5)
    public static let badArgument = StatusCode(rawValue: 6)
    public static let permission = StatusCode(rawValue: 7)
    public static let badMethod = StatusCode(rawValue: 8)
    public static let invalidServer = StatusCode(rawValue: 9)
    public static let mappingNotFound = StatusCode(rawValue: 10)
    public static let lfnExists = StatusCode(rawValue: 11)
    public static let lfnNotFound = StatusCode(rawValue: 12)
    public static let pfnExists = StatusCode(rawValue: 13)
    public static let pfnNotFound = StatusCode(rawValue: 14)
    public static let lrcExists = StatusCode(rawValue: 15)
    public static let lrcNotFound = StatusCode(rawValue: 16)
    public static let databaseError = StatusCode(rawValue: 17)
    public static let rliExists = StatusCode(rawValue: 18)
    public static let rliNotFound = StatusCode(rawValue: 19)
    public static let mappingExists = StatusCode(rawValue: 20)
    public static let invalidAttributeType = StatusCode(rawValue: 21)
    public static let attributeExists = StatusCode(rawValue: 22)
    public static let attributeNotFound = StatusCode(rawValue: 23)
    public static let invalidObjectType = StatusCode(rawValue: 24)
    public static let invalidAttributeOperator = StatusCode(rawValue: 25)
    public static let unsupported = StatusCode(rawValue: 26)
    public static let timeout = StatusCode(rawValue: 27)
    public static let tooManyConnections = StatusCode(rawValue: 28)
    public static let attributeValueNotFound = StatusCode(rawValue: 29)
    public static let attributeInUse = StatusCode(rawValue: 30)

    private static let texts = [
        "No error", "Globus I/O error", "Invalid handle", "Bad URL", "No memory", "Buffer overflow", "Bad argument",
        "Permission denied", "Bad method name", "Invalid server", "Mapping doesn't exist", "LFN already exists",
        "LFN doesn't exist", "PFN already exists", "PFN doesn't exist", "LRC already exists", "LRC doesn't exist",
        "DB error", "RLI already exists", "RLI doesn't exist", "Mapping already exists", "Invalid attribute type",
        "Attribute already exists", "Attribute doesn't exist", "Invalid object type",
        "Invalid operator for attribute search", "Operation is unsupported", "IO timeout", "Too many connections",
        "Attribute with specified value doesn't exist", "Attribute still referenced by objects in database",
    ]

    /// The original's words, which scripts compare.
    public var text: String {
        Self.texts.indices.contains(rawValue) ? Self.texts[rawValue] : "Unknown error \(rawValue)"
    }
}
