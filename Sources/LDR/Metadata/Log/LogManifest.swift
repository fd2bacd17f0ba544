/// What a site's log consists of now. A small text that is replaced as a whole; the segments that it names never change.
package struct LogManifest: Sendable, Hashable {
    package struct Segment: Sendable, Hashable {
        /// Numbers of changes, of the site that the log is of; the segment has what that site itself changed in between.
        package var first: Int
        package var last: Int
        /// Changes in it.
        package var count: Int
        /// Of the file.
        package var bytes: Int
        /// Lower-case hexadecimal.
        package var sha256: String
        package var name: String
    }

    package var site: String
    /// Hexadecimal digits. Another one than before: the numbers begin anew.
    package var epoch: String
    /// The log has all of the site's own changes up to this one.
    package var last: Int
    /// In the order of their numbers.
    package var segments: [Segment]

    /// Of its file, beside the segments.
    package static let name = "manifest"
    /// Bytes.
    package static let maximumBytes = 1 << 20
    package static let maximumSegments = 4_096
    package static let maximumSegmentChanges = 1 << 32
    /// Bytes of a segment's file.
    package static let maximumSegmentBytes = 512 << 20

    /// The name of a segment tells its content, so no two have the same.
    static func name(first: Int, last: Int, sha256: String) -> String { "\(first)-\(last)-\(sha256.prefix(16)).gz" }
}

// MARK: Text

extension LogManifest {
    private static let title: Substring = "ldr-log 1"

    package func text() throws(MetadataError) -> [UInt8] {
        var lines = [String(Self.title), "site \(site)", "epoch \(epoch)", "last \(last)"]
        lines += segments.map { "segment \($0.first) \($0.last) \($0.count) \($0.bytes) \($0.sha256) \($0.name)" }
        let body = Array((lines.joined(separator: "\n") + "\n").utf8)
        return body + Array("sha256 \(try LogDigest.hex(body))\n".utf8)
    }

    /// Refuses what `text` would not have made, and numbers that cannot be.
    package init(text: [UInt8]) throws(MetadataError) {
        guard text.count <= Self.maximumBytes else {
            throw .damaged("more than \(Self.maximumBytes) bytes, which no manifest has")
        }
        var lines = try Lines(Self.body(of: text))
        guard lines.next() == Self.title else { throw .damaged("not the manifest of a log, or of a newer version") }
        site = try lines.value("site")
        try SiteName.check(site)
        epoch = try lines.value("epoch")
        guard (1...64).contains(epoch.utf8.count), epoch.utf8.allSatisfy(Self.isHex) else { throw .damaged("no epoch") }
        last = try lines.number(lines.value("last"))
        segments = []
        while let line = lines.next() {
            guard segments.count < Self.maximumSegments else { throw .damaged("too many segments") }
            segments.append(try Segment(line: line, after: segments.last?.last ?? 0))
        }
        guard segments.last.map({ $0.last <= last }) ?? true else { throw .damaged("segments after the last change") }
    }

    /// What the checksum in the last line is of.
    private static func body(of text: [UInt8]) throws(MetadataError) -> [UInt8] {
        let length = "sha256 \n".utf8.count + 64
        guard text.count > length else { throw .damaged("too short for a manifest") }
        let body = Array(text.dropLast(length))
        guard Array(text.suffix(length)) == Array("sha256 \(try LogDigest.hex(body))\n".utf8) else {
            throw .damaged("its last line does not fit the others: it is cut off or was changed")
        }
        return body
    }

    fileprivate static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private struct Lines {
        private var rest: Array<Substring>.SubSequence

        init(_ body: [UInt8]) throws(MetadataError) {
            guard let text = String(validating: body, as: UTF8.self), text.hasSuffix("\n") else {
                throw .damaged("not text")
            }
            rest = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)[...]
        }

        mutating func next() -> Substring? { rest.popFirst() }

        mutating func value(_ keyword: String) throws(MetadataError) -> String {
            guard let line = next(), line.hasPrefix(keyword + " ") else { throw .damaged("no line \(keyword)") }
            return String(line.dropFirst(keyword.count + 1))
        }

        func number(_ text: String) throws(MetadataError) -> Int { try LogManifest.number(text[...]) }
    }

    fileprivate static func number(_ text: Substring) throws(MetadataError) -> Int {
        let isPlain = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isPlain, text.utf8.count <= 18, text == "0" || text.utf8.first != UInt8(ascii: "0"),
            let number = Int(text)
        else { throw .damaged("\(text.prefix(40).debugDescription) is no number") }
        return number
    }
}

extension LogManifest.Segment {
    fileprivate init(line: Substring, after previous: Int) throws(MetadataError) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 7, words[0] == "segment" else {
            throw .damaged("a line that is none of a manifest's: \(line.prefix(80).debugDescription)")
        }
        let number = LogManifest.number
        self.init(
            first: try number(words[1]), last: try number(words[2]), count: try number(words[3]),
            bytes: try number(words[4]), sha256: String(words[5]), name: String(words[6]))
        guard first > previous, last >= first, count <= last - first + 1 else {
            throw .damaged("segments are not in their order")
        }
        guard bytes <= LogManifest.maximumSegmentBytes, count <= LogManifest.maximumSegmentChanges else {
            throw .damaged("a segment above the limit")
        }
        guard sha256.utf8.count == 64, sha256.utf8.allSatisfy(LogManifest.isHex) else { throw .damaged("no checksum") }
        // So that nothing but a file of the log can be asked for.
        guard name == LogManifest.name(first: first, last: last, sha256: sha256) else {
            throw .damaged("a segment with a wrong name")
        }
    }
}
