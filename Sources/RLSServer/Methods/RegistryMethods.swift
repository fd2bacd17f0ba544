import NIOCore
import RLSCore
import RLSSecurity
import RLSSoftState
import RLSStorage
import RLSWire

/// The list of index servers to update: a catalog has one, and an index that updates others.
struct RegistryMethods: Sendable {
    private let role: Role
    private let reading: Rights
    private let add: Method<AddRLIArguments, NoResult>
    private let delete: Method<WordPairArguments, NoResult>
    private let partitions: Method<WordPairArguments, PairItem>
    private let info: Method<WordArguments, UpdatedServerInfo>
    private let list: Method<NoArguments, UpdatedServerItem>

    static let catalog = RegistryMethods(
        role: .catalog, reading: .lrcRead, add: Methods.rliAdd, delete: Methods.rliDelete,
        partitions: Methods.rliPartitions, info: Methods.rliInfo, list: Methods.rliList)
    static let index = RegistryMethods(
        role: .index, reading: .rliRead, add: Methods.parentAdd, delete: Methods.parentDelete,
        partitions: Methods.parentPartitions, info: Methods.parentInfo, list: Methods.parentList)

    var rows: [MethodRow] { changes + [partitionRow, infoRow, listRow] }

    // MARK: Changes

    private var changes: [MethodRow] {
        if role == .catalog {
            return [
                .change(add, .admin) { (arguments) throws(CatalogError) in
                    try Self.check(arguments)
                    return .addRLI(url: arguments.url, flags: arguments.flags, pattern: arguments.pattern)
                },
                .change(delete, .admin) { (arguments) throws(CatalogError) in
                    .deleteRLI(url: try arguments.first.asName(), pattern: arguments.second)
                },
            ]
        }
        return [
            .deferred(add, role: .index, .admin, .server) { (arguments, session) throws(CatalogError) in
                try Self.check(arguments)
                return try Self.commit(
                    .addRLI(url: arguments.url, flags: arguments.flags, pattern: arguments.pattern), session)
            },
            .deferred(delete, role: .index, .admin, .server) { (arguments, session) throws(CatalogError) in
                try Self.commit(.deleteRLI(url: try arguments.first.asName(), pattern: arguments.second), session)
            },
        ]
    }

    private static func check(_ arguments: AddRLIArguments) throws(CatalogError) {
        _ = try ServerAddress(arguments.url.description)
    }

    private static func commit(_ change: IndexChange, _ session: ClientSession) throws(CatalogError) -> DeferredReply {
        guard let store = session.context.index?.locations.store else {
            throw CatalogError(.unsupported, "needs rli_db_url")
        }
        let updates = session.context.updates
        return DeferredReply { finish in
            store.submit(
                WriteRequest([change]) { outcome in
                    switch outcome {
                    case .success(let failures) where failures.isEmpty:
                        updates?.registryChanged()
                        finish(.success(ByteBuffer()))
                    case .success(let failures): finish(.failure(failures[0].error))
                    case .failure(let error): finish(.failure(error.answer))
                    }
                })
        }
    }

    // MARK: Queries

    private var partitionRow: MethodRow {
        .read(partitions, role: role, reading, .everything) { (arguments, _) throws(CatalogError) in
            OnceProducer { (readers, buffer) throws(ReplyFailure) in
                let (url, pattern) = (arguments.first, arguments.second)
                let records = try records(readers).filter { url.isEmpty || $0.url == url }
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
        }
    }

    private var infoRow: MethodRow {
        .read(info, role: role, reading, .everything) { (arguments, session) throws(CatalogError) in
            let configuration = session.configuration
            return OnceProducer { (readers, buffer) throws(ReplyFailure) in
                guard let record = try records(readers).first(where: { $0.url == arguments.word }) else {
                    throw .refused(CatalogError(.rliNotFound, arguments.word))
                }
                buffer.writeStatus(.success)
                UpdatedServerInfo(Self.item(record, configuration.interval(record))).encode(into: &buffer)
            }
        }
    }

    private var listRow: MethodRow {
        .read(list, role: role, reading, .everything) { (_, session) throws(CatalogError) in
            let configuration = session.configuration
            return OnceProducer { (readers, buffer) throws(ReplyFailure) in
                let records = try records(readers)
                if records.isEmpty { throw .refused(CatalogError(.rliNotFound, "Not updating any RLI servers")) }
                buffer.writeStatus(.success)
                for record in records { Self.item(record, configuration.interval(record)).encode(into: &buffer) }
                buffer.writeListEnd(more: false)
            }
        }
    }

    private func records(_ readers: RoleReaders) throws(ReplyFailure) -> [RLIRecord] {
        try stored { () throws(StorageError) in
            role == .catalog ? try readers.catalog?.rlis() ?? [] : try readers.index?.rlis() ?? []
        }
    }

    private static func item(_ record: RLIRecord, _ interval: Int) -> UpdatedServerItem {
        UpdatedServerItem(url: record.url, interval: interval, flags: record.flags, lastUpdate: record.lastUpdate)
    }
}
