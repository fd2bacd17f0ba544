import LDR
import RLSCore

/// A file's metadata for people and programs.
struct FileText: Encodable {
    private let record: FileRecord
    private let publisher: String
    private let urls: [String]?

    init(_ record: FileRecord, _ publisher: String, urls: [String]?) {
        self.record = record
        self.publisher = publisher
        self.urls = urls
    }

    private enum Key: String, CodingKey {
        case lfn, size, collection, publisher, checksums, attributes, urls
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(record.lfn.description, forKey: .lfn)
        try container.encode(record.size, forKey: .size)
        try container.encode(record.collection, forKey: .collection)
        try container.encode(publisher, forKey: .publisher)
        try container.encode(record.checksums.texts, forKey: .checksums)
        try container.encode(record.attributes.mapValues(AttributeText.init), forKey: .attributes)
        try container.encodeIfPresent(urls, forKey: .urls)
    }

    /// On one line.
    var words: String {
        let attributes = record.attributes.sorted { $0.key < $1.key }.map {
            "\($0.key)=\(AttributeText(value: $0.value))"
        }
        let known = ["size=\(record.size)", "collection=\(record.collection)", "publisher=\(publisher)"]
        return ([record.lfn.description] + known + record.checksums.texts + attributes).joined(separator: " ")
    }
}

struct AttributeText: Encodable, CustomStringConvertible {
    let value: MetadataValue

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .integer(let number): try container.encode(number)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }

    var description: String {
        switch value {
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .text(let text): text
        }
    }
}
