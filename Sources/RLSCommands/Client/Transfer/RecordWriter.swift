import RLSCore

/// Writes a record as import reads it.
struct RecordWriter: Sendable {
    let format: TransferFormat

    func line(_ record: TransferRecord) -> [UInt8] {
        switch format {
        case .jsonLines: return json(record)
        case .csv: return fields(record).map(csv).joined(separator: [UInt8(ascii: ",")]) + [0x0a]
        case .tabs:
            let fields = fields(record)
            // A tab file has no way to say these: the line becomes a JSON object, which import takes too.
            let isPlain = fields.allSatisfy { !$0.contains { $0 == 0x09 || $0 == 0x0a || $0 == 0x0d } }
            let first = record.mapping.lfn.bytes.first
            if !isPlain || first == UInt8(ascii: "#") || first == UInt8(ascii: "{") { return json(record) }
            return fields.joined(separator: [0x09]) + [0x0a]
        }
    }

    private func fields(_ record: TransferRecord) -> [[UInt8]] {
        [record.mapping.lfn.bytes, record.mapping.pfn.bytes]
            + record.attributes.map { key($0).bytes + [UInt8(ascii: "=")] + $0.value.bytes }
    }

    private func key(_ word: AttributeWord) -> ByteString {
        (word.kind == .pfn ? "pfn:" : "") + word.name + (word.type.map { ByteString(":" + $0.name) } ?? "")
    }

    private func csv(_ field: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard field.contains(where: { $0 == quote || $0 == UInt8(ascii: ",") || $0 < 0x20 }) else { return field }
        return [quote] + field.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }

    private func json(_ record: TransferRecord) -> [UInt8] {
        var fields: [(String, JSONField)] = [("lfn", .bytes(record.mapping.lfn)), ("pfn", .bytes(record.mapping.pfn))]
        if !record.attributes.isEmpty {
            fields.append(("attributes", .object(record.attributes.map { (key($0).description, .bytes($0.value)) })))
        }
        return JSONLine.encode(fields).bytes + [0x0a]
    }
}
