import RLSCore
import RLSSecurity
import RLSStorage
import RLSWire

/// The index servers that a catalog is to update: kept here, acted on by soft state.
enum IndexServerMethods {
    static let rows: [MethodRow] = [
        .change(Methods.rliAdd, .admin) { (arguments) throws(CatalogError) in
            _ = try ServerAddress(arguments.url.description)
            return .addRLI(url: arguments.url, flags: arguments.flags, pattern: arguments.pattern)
        },
        .change(Methods.rliDelete, .admin) { (arguments) throws(CatalogError) in
            .deleteRLI(url: try arguments.first.asName(), pattern: arguments.second)
        },
        .read(Methods.rliPartitions, .lrcRead, .everything) { (arguments, _) throws(CatalogError) in
            OnceProducer { (reader, buffer) throws(ReplyFailure) in
                let (url, pattern) = (arguments.first, arguments.second)
                let records = try rlis(reader).filter { url.isEmpty || $0.url == url }
                let pairs = records.flatMap { record in
                    (record.patterns.isEmpty ? [.empty] : record.patterns).map { PairItem(record.url, $0) }
                }
                let found = pairs.filter { pattern.isEmpty || $0.second == pattern }
                if found.isEmpty {
                    let name: (ByteString) -> ByteString = { $0.isEmpty ? "NULL" : $0 }
                    throw .refused(CatalogError(.rliNotFound, name(url) + "," + name(pattern)))
                }
                buffer.writeStatus(.success)
                for pair in found { pair.encode(into: &buffer) }
                buffer.writeListEnd(more: false)
            }
        },
        .read(Methods.rliInfo, .lrcRead, .everything) { (arguments, session) throws(CatalogError) in
            let configuration = session.configuration
            return OnceProducer { (reader, buffer) throws(ReplyFailure) in
                guard let record = try rlis(reader).first(where: { $0.url == arguments.word }) else {
                    throw .refused(CatalogError(.rliNotFound, arguments.word))
                }
                buffer.writeStatus(.success)
                UpdatedServerInfo(item(record, configuration.interval(record))).encode(into: &buffer)
            }
        },
        .read(Methods.rliList, .lrcRead, .everything) { (_, session) throws(CatalogError) in
            let configuration = session.configuration
            return OnceProducer { (reader, buffer) throws(ReplyFailure) in
                let records = try rlis(reader)
                if records.isEmpty { throw .refused(CatalogError(.rliNotFound, "Not updating any RLI servers")) }
                buffer.writeStatus(.success)
                for record in records { item(record, configuration.interval(record)).encode(into: &buffer) }
                buffer.writeListEnd(more: false)
            }
        },
    ]

    private static func rlis(_ reader: any CatalogReader) throws(ReplyFailure) -> [RLIRecord] {
        try stored { () throws(StorageError) in try reader.rlis() }
    }

    private static func item(_ record: RLIRecord, _ interval: Int) -> UpdatedServerItem {
        UpdatedServerItem(url: record.url, interval: interval, flags: record.flags, lastUpdate: record.lastUpdate)
    }
}
