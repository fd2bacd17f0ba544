import RLSCore

extension StorageArea {
    /// The file that a URL of ours names; nil for the URLs of others, and for what is no path below the partition once
    /// it is decoded. Of nested URLs the longest counts.
    package func locate(pfn: ByteString) -> (partition: StoragePartition, relativePath: String)? {
        let owner = partitions.filter { $0.isPrefix(of: pfn) }.max { $0.url.count < $1.url.count }
        guard let owner, let path = URLPath.decoded(pfn.bytes.dropFirst(owner.url.count + 1)) else { return nil }
        return (owner, path)
    }

    /// As `locate(pfn:)`, in short.
    package func place(pfn: ByteString) -> PartitionPath? {
        locate(pfn: pfn).map { PartitionPath(partition: $0.partition.name, path: $0.relativePath) }
    }

    /// The partition that an absolute path, without `.` and `..`, is in, and the path below its root. nil for what is
    /// elsewhere.
    package func locate(path: String) -> (partition: StoragePartition, relativePath: String)? {
        let owner = partitions.filter { path.utf8.starts(with: ($0.root + "/").utf8) }.max {
            $0.root.utf8.count < $1.root.utf8.count
        }
        guard let owner else { return nil }
        let relative = String(decoding: path.utf8.dropFirst(owner.root.utf8.count + 1), as: UTF8.self)
        return SafePath.isSafe(relative) ? (owner, relative) : nil
    }

    /// `relativePath` is safe, as a layout's paths are.
    package func url(_ partition: StoragePartition, _ relativePath: String) -> ByteString {
        ByteString(partition.url.bytes + [UInt8(ascii: "/")] + URLPath.encoded(relativePath))
    }
}

extension StoragePartition {
    fileprivate func isPrefix(of pfn: ByteString) -> Bool {
        pfn.bytes.starts(with: url.bytes) && pfn.count > url.count && pfn.bytes[url.count] == UInt8(ascii: "/")
    }
}

/// Paths in URLs, RFC 3986.
package enum URLPath {
    private static let percent = UInt8(ascii: "%")
    private static let slash = UInt8(ascii: "/")

    package static func encoded(_ path: String) -> [UInt8] {
        var result: [UInt8] = []
        for byte in path.utf8 {
            if isPlain(byte) {
                result.append(byte)
            } else {
                result.append(percent)
                result += Hexadecimal.digits(byte)
            }
        }
        return result
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/-._~+=,@:".utf8.contains(byte)
        }
    }

    /// nil unless it is a safe path in UTF-8. Components are looked at after they are decoded: an encoded slash makes
    /// no directory, and an encoded `..` is refused as the plain one is.
    static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count <= 3 * SafePath.longestPath else { return nil }
        var result: [UInt8] = []
        for component in bytes.split(separator: slash, omittingEmptySubsequences: false) {
            guard let name = decoded(component: component), SafePath.isSafeComponent(name) else { return nil }
            if !result.isEmpty { result.append(slash) }
            result += name
        }
        return UTF8Runs.isValid(result) ? String(decoding: result, as: UTF8.self) : nil
    }

    private static func decoded(component: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = component
        while let byte = rest.popFirst() {
            switch byte {
            case percent:
                guard let high = rest.popFirst(), let low = rest.popFirst(), let value = Hexadecimal.value(high, low)
                else { return nil }
                result.append(value)
            case UInt8(ascii: "?"), UInt8(ascii: "#"): return nil
            default: result.append(byte)
            }
        }
        return result
    }
}
