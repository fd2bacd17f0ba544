/// What the `stats` method tells of a server.
public struct ServerStatistics: Hashable, Sendable {
    /// Bits of the `flags` field.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let lrc = Flags(rawValue: 1)
        public static let rli = Flags(rawValue: 2)
        public static let receivesLists = Flags(rawValue: 4)
        public static let receivesFilters = Flags(rawValue: 8)
        public static let sendsLists = Flags(rawValue: 0x10)
        public static let sendsFilters = Flags(rawValue: 0x20)
        public static let initialised = Flags(rawValue: 0x40)
    }

    public var version = ""
    /// Seconds since the server started.
    public var uptime = 0
    public var flags: Flags = []
    /// Seconds between full Bloom filter updates, and between full name lists.
    public var filterInterval = 0
    public var listInterval = 0
    public var lrcLFNs = 0
    public var lrcPFNs = 0
    public var lrcMappings = 0
    public var rliLFNs = 0
    public var rliLRCs = 0
    /// nil from servers of the 1.1 kind, which do not tell.
    public var rliSenders: Int?
    public var rliMappings = 0

    public init() {}
}

public enum SoftwareVersion {
    public static let current = "6.0.0"
}
