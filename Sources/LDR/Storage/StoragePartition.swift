import RLSCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One file system, or part of one, that holds replicas, and the URL under which it is served.
package struct StoragePartition: Sendable, Hashable {
    package let name: String
    /// Absolute, with single slashes and none at its end.
    package let root: String
    /// Such as `gsiftp://host:2811/data`, without a slash at its end.
    package let url: ByteString
    /// Bytes that stay free.
    package let reserve: Int64
    /// Files are being moved away: no new ones.
    package let isDraining: Bool
    package let isReadOnly: Bool
    /// Files may be off-line: their names and sizes are there, and to read one may take hours.
    package let isTape: Bool

    package init(
        name: String, root: String, url: ByteString, reserve: Int64 = 0, isDraining: Bool = false,
        isReadOnly: Bool = false, isTape: Bool = false
    ) throws(StorageAreaError) {
        self.name = name
        self.root = try Self.checked(root: root, of: name)
        self.url = try Self.checked(url: url, of: name)
        guard !name.isEmpty else { throw StorageAreaError("a partition needs a name") }
        guard reserve >= 0 else { throw StorageAreaError("partition \(name): the reserve must not be negative") }
        self.reserve = reserve
        self.isDraining = isDraining
        self.isReadOnly = isReadOnly || isTape
        self.isTape = isTape
    }

    package var isWritable: Bool { !isDraining && !isReadOnly }

    private static func checked(root: String, of name: String) throws(StorageAreaError) -> String {
        let names = root.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        let plain = names.joined(separator: "/")
        guard root.utf8.first == UInt8(ascii: "/"), SafePath.isSafe(plain), plain.utf8.count < 1000 else {
            throw StorageAreaError(
                "partition \(name): `\(root)` must be an absolute path below /, without `.` and `..`")
        }
        return "/" + plain
    }

    private static func checked(url: ByteString, of name: String) throws(StorageAreaError) -> ByteString {
        var bytes = url.bytes
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        let scheme = bytes.prefix { $0 != UInt8(ascii: ":") }
        let rest = bytes.dropFirst(scheme.count)
        let hasControl = bytes.contains {
            $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
        }
        guard !scheme.isEmpty, rest.starts(with: "://".utf8), rest.count > 3, !hasControl else {
            throw StorageAreaError(
                "partition \(name): `\(url)` is no URL such as gsiftp://host:2811/data, without query and blanks")
        }
        return ByteString(bytes)
    }

    /// Of a path below the root, which must be safe.
    package func path(_ relativePath: String) throws(LayoutError) -> String {
        guard SafePath.isSafe(relativePath) else {
            throw LayoutError(
                "`\(relativePath)` is no path below partition \(name): it must not have `..`, `.` or `//`")
        }
        return root + "/" + relativePath
    }

    /// Bytes that programs of this user may write, the reserve among them; nil when the root is not there.
    package func freeBytes() -> Int64? {
        var state = statvfs()
        guard statvfs(root, &state) == 0 else { return nil }
        let (bytes, overflow) = UInt64(state.f_bavail).multipliedReportingOverflow(by: UInt64(state.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }
}

/// Why partitions cannot be used as they are configured.
package struct StorageAreaError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
