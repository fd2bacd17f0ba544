import RLSClient
import RLSCore
import RLSWire

/// Prints mappings with the attribute values of their names, in ascending order. Each page is a request of its own, so an
/// export of any size holds little memory here and no snapshot on the server.
struct Exporter {
    private static let page = 5_000

    let session: CLISession
    let pattern: SQLPattern

    func run() async throws -> Int {
        let writer = RecordWriter(
            format: session.output.style == .json ? .jsonLines : session.settings.transfer.format ?? .tabs)
        let client = try await session.client
        guard try await client.capabilities()?.contains(Methods.export.name) ?? false else {
            throw UsageError(description: "the server cannot export; use query wildcard lrc lfn")
        }
        var after: Mapping?
        var count = 0
        while true {
            let arguments = ExportArguments(pattern: pattern.source, after: after, limit: Self.page)
            let list = try await client.connection.call(Methods.export, arguments)
            var record: TransferRecord?
            for item in list.items {
                if let mapping = item.mapping {
                    if let complete = record { StandardOutput.write(writer.line(complete)) }
                    record = TransferRecord(mapping: mapping)
                    after = mapping
                    count += 1
                } else if let word = item.attributeWord {
                    record?.attributes.append(word)
                }
            }
            if let last = record { StandardOutput.write(writer.line(last)) }
            if !list.more { return count }
        }
    }
}

extension ExportItem {
    fileprivate var mapping: Mapping? { kind == .mapping ? Mapping(lfn: fields[0], pfn: fields[1]) : nil }

    fileprivate var attributeWord: AttributeWord? {
        guard kind != .mapping, let type = Int(fields[1].description).flatMap(AttributeType.init(rawValue:)) else {
            return nil
        }
        return AttributeWord(kind: kind == .lfnAttribute ? .lfn : .pfn, name: fields[0], type: type, value: fields[2])
    }
}
