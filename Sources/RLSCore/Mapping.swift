/// One replica: a logical file name and one of its targets (physical file name).
public struct Mapping: Hashable, Sendable, Comparable {
    public let lfn: ByteString
    public let pfn: ByteString

    public init(lfn: ByteString, pfn: ByteString) {
        self.lfn = lfn
        self.pfn = pfn
    }

    /// As the protocol names a mapping in an error: `lfn,pfn`.
    public var subject: ByteString { lfn + "," + pfn }

    public static func < (left: Mapping, right: Mapping) -> Bool {
        left.lfn == right.lfn ? left.pfn < right.pfn : left.lfn < right.lfn
    }
}

/// Which side of a mapping a name stands on.
public enum NameKind: Int, Sendable, CaseIterable {
    case lfn = 0
    case pfn = 1

    public var other: NameKind { self == .lfn ? .pfn : .lfn }
    public var notFound: StatusCode { self == .lfn ? .lfnNotFound : .pfnNotFound }
    public var exists: StatusCode { self == .lfn ? .lfnExists : .pfnExists }
}

/// Part of an ordered result. A limit of 0 means everything.
public struct Page: Hashable, Sendable {
    public var offset: Int
    public var limit: Int

    public init(offset: Int = 0, limit: Int = 0) {
        self.offset = offset
        self.limit = limit
    }
    public static let all = Page()
}

public enum NameLimits {
    /// Bytes of a name or target, the least that the protocol promises and the most that this server stores.
    public static let maximumLength = 4096
}
