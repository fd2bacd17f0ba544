/// A file's attributes as bytes, in the database and in the log: a version, their number, then name, type and value of each in
/// the order of the names' bytes. Equal attributes are equal bytes.
package enum AttributeCodec {
    private static let version: UInt8 = 1
    static let none: [UInt8] = [version, 0]

    private enum Tag {
        static let integer: UInt8 = 0
        static let number: UInt8 = 1
        static let text: UInt8 = 2
    }

    package static func encode(_ attributes: [String: MetadataValue]) throws(MetadataError) -> [UInt8] {
        if attributes.isEmpty { return none }
        guard attributes.count <= MetadataLimits.attributes else {
            throw MetadataError(
                .invalid, "\(attributes.count) attributes, more than the limit of \(MetadataLimits.attributes)")
        }
        var bytes: [UInt8] = [version]
        bytes.reserveCapacity(attributes.count * 24)
        bytes.append(number: UInt64(attributes.count))
        for (name, value) in attributes.sorted(by: { isBefore($0.key, $1.key) }) {
            try append(name, value, to: &bytes)
        }
        guard bytes.count <= MetadataLimits.record else {
            throw MetadataError(
                .invalid, "attributes of \(bytes.count) bytes, more than the limit of \(MetadataLimits.record)")
        }
        return bytes
    }

    private static func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func append(_ name: String, _ value: MetadataValue, to bytes: inout [UInt8]) throws(MetadataError) {
        guard !name.isEmpty && name.utf8.count <= MetadataLimits.name else {
            throw MetadataError(
                .invalid, "an attribute's name has \(name.utf8.count) bytes: give 1 to \(MetadataLimits.name)")
        }
        bytes.append(counted: name.utf8)
        switch value {
        case .integer(let number):
            bytes.append(Tag.integer)
            bytes.append(signedNumber: number)
        case .number(let number):
            // Not equal to itself: the file would be changed each time it is published.
            guard number.isFinite else { throw MetadataError(.invalid, "attribute \(name): \(number) is no number") }
            bytes.append(Tag.number)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(shift)))
            }
        case .text(let text):
            bytes.append(Tag.text)
            bytes.append(counted: text.utf8)
        }
    }

    /// Refuses whatever `encode` would not have made.
    package static func decode(_ bytes: [UInt8]) throws(MetadataError) -> [String: MetadataValue] {
        var attributes: [String: MetadataValue] = [:]
        try read(bytes) { (name, value) throws(MetadataError) in
            // Other bytes may still be the same text to Swift.
            guard attributes.updateValue(value, forKey: name) == nil else {
                throw .damaged("attribute \(name): twice, in two spellings")
            }
        }
        return attributes
    }

    private static func read(
        _ bytes: [UInt8], _ take: (String, MetadataValue) throws(MetadataError) -> Void
    ) throws(MetadataError) {
        guard bytes.count <= MetadataLimits.record else { throw .damaged("attributes above the limit") }
        var reader = ByteReader(bytes)
        let found = try reader.byte()
        guard found == version else {
            throw .damaged("attributes of version \(found), which this program does not know")
        }
        var previous: String?
        for _ in 0..<(try reader.count(atMost: MetadataLimits.attributes, of: "attributes")) {
            let name = try reader.text(atMost: MetadataLimits.name, of: "attribute's name")
            guard !name.isEmpty, previous.map({ isBefore($0, name) }) ?? true else {
                throw .damaged("attributes are not in the order of their names")
            }
            try take(name, value(&reader))
            previous = name
        }
        guard reader.isAtEnd else { throw .damaged("bytes after the last attribute") }
    }

    private static func value(_ reader: inout ByteReader) throws(MetadataError) -> MetadataValue {
        switch try reader.byte() {
        case Tag.integer: return .integer(try reader.signedNumber())
        case Tag.number:
            var pattern: UInt64 = 0
            for _ in 0..<8 { pattern = pattern << 8 | UInt64(try reader.byte()) }
            let number = Double(bitPattern: pattern)
            guard number.isFinite else { throw .damaged("an attribute is no number") }
            return .number(number)
        case Tag.text: return .text(try reader.text(atMost: MetadataLimits.record, of: "attribute"))
        case let tag: throw .damaged("an attribute of the unknown type \(tag)")
        }
    }
}
