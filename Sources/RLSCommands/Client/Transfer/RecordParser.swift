import Foundation
import RLSCore

/// Reads one line of a transfer file.
struct RecordParser: Sendable {
    let format: TransferFormat

    /// nil for an empty line and a comment.
    func parse(_ line: ArraySlice<UInt8>) throws(BadLine) -> TransferRecord? {
        var line = line
        if line.last == 0x0d { line = line.dropLast() }
        if line.isEmpty { return nil }
        switch format {
        case .jsonLines: return try JSONRecord.parse(line)
        case .csv: return try record(try CSVLine.fields(line))
        case .tabs:
            if line.first == UInt8(ascii: "#") { return nil }
            // How export writes names that hold a tab or the end of a line.
            if line.starts(with: [UInt8(ascii: "{"), UInt8(ascii: "\"")]) { return try JSONRecord.parse(line) }
            return try record(tabFields(line))
        }
    }

    private func tabFields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        if line.contains(0x09) { return line.split(separator: 0x09, omittingEmptySubsequences: false) }
        return line.split(separator: 0x20)
    }

    private func record(_ fields: [ArraySlice<UInt8>]) throws(BadLine) -> TransferRecord {
        guard fields.count >= 2 else { throw BadLine("a logical name and a target are needed") }
        var record = TransferRecord(mapping: try Self.mapping(ByteString(fields[0]), ByteString(fields[1])))
        for word in fields.dropFirst(2) where !word.isEmpty {
            guard let attribute = AttributeWord(word) else {
                throw BadLine("`\(ByteString(word))` is not attribute=value")
            }
            record.attributes.append(attribute)
        }
        return record
    }

    static func mapping(_ lfn: ByteString, _ pfn: ByteString) throws(BadLine) -> Mapping {
        for name in [lfn, pfn] {
            if name.isEmpty { throw BadLine("an empty name") }
            if name.count > NameLimits.maximumLength {
                throw BadLine("a name of \(name.count) bytes; \(NameLimits.maximumLength) are allowed")
            }
            if name.bytes.contains(0) { throw BadLine("a NUL byte in a name") }
        }
        return Mapping(lfn: lfn, pfn: pfn)
    }
}

/// Comma separated fields with double quotes (RFC 4180), one record a line.
enum CSVLine {
    static func fields(_ line: ArraySlice<UInt8>) throws(BadLine) -> [ArraySlice<UInt8>] {
        var fields: [ArraySlice<UInt8>] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = line.startIndex
        while index < line.endIndex {
            let byte = line[index]
            let next = index + 1 < line.endIndex ? line[index + 1] : 0
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && next == UInt8(ascii: "\""):
                field.append(byte)
                index += 1
            case UInt8(ascii: "\"") where isQuoted || field.isEmpty:
                isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                fields.append(field[...])
                field = []
            default:
                field.append(byte)
            }
            index += 1
        }
        if isQuoted { throw BadLine("a double quote is not closed on its line") }
        return fields + [field[...]]
    }
}

/// `{"lfn": …, "pfn": …, "attributes": {"[pfn:]name[:type]": value}}`; names that are no UTF-8 under `lfn_base64`, `pfn_base64`.
enum JSONRecord {
    static func parse(_ line: ArraySlice<UInt8>) throws(BadLine) -> TransferRecord {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
            throw BadLine("not a JSON object")
        }
        guard let lfn = bytes("lfn", object), let pfn = bytes("pfn", object) else {
            throw BadLine("`lfn` and `pfn` are needed, as strings")
        }
        var record = TransferRecord(mapping: try RecordParser.mapping(lfn, pfn))
        guard let attributes = object["attributes"] else { return record }
        guard let values = attributes as? [String: Any] else { throw BadLine("`attributes` is no object") }
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { record.attributes.append(try word(key, value)) }
        return record
    }

    private static func bytes(_ key: String, _ object: [String: Any]) -> ByteString? {
        if let text = object[key] as? String { return ByteString(text) }
        return (object[key + "_base64"] as? String).flatMap { Data(base64Encoded: $0) }.map { ByteString(Array($0)) }
    }

    private static func word(_ key: String, _ value: Any) throws(BadLine) -> AttributeWord {
        let isEncoded = key.hasSuffix("_base64")
        guard let (kind, name, type) = AttributeWord.key(ByteString(isEncoded ? String(key.dropLast(7)) : key)) else {
            throw BadLine("`\(key)` is no attribute name")
        }
        switch value {
        case let text as String:
            let bytes = isEncoded ? Data(base64Encoded: text).map { ByteString(Array($0)) } : ByteString(text)
            guard let bytes else { throw BadLine("`\(key)` is not base64") }
            return AttributeWord(kind: kind, name: name, type: type, value: bytes)
        case let number as NSNumber:
            return AttributeWord(kind: kind, name: name, type: type, value: ByteString("\(number)"))
        default: throw BadLine("the value of `\(key)` is neither text nor number")
        }
    }
}
