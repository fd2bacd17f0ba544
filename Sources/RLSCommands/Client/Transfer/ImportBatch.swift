import RLSClient
import RLSCore
import RLSWire

/// Lines of an import that are sent together, and where each came from.
struct ImportBatch: Sendable {
    static let size = 1_000

    private(set) var records: [TransferRecord] = []
    private(set) var lines: [Int] = []
    /// The last line that belongs to it, be it a record or not.
    var lastLine = 0

    var isFull: Bool { records.count >= Self.size }
    var isEmpty: Bool { records.isEmpty }

    mutating func append(_ record: TransferRecord, line: Int) {
        records.append(record)
        lines.append(line)
    }
}

/// A record, or a value of it, that the server refused.
struct ImportRefusal: Sendable {
    let line: Int
    let name: ByteString
    let code: StatusCode
}

/// Makes the mappings and values of batches exist, whatever was there.
protocol BatchSender: Sendable {
    /// Sends a batch now; the task ends when the server has answered all of it.
    func send(_ batch: ImportBatch, types: AttributeTypes) -> Task<[ImportRefusal], any Error>
}

/// Our own server: two requests a batch, many batches on their way.
struct EnsureSender: BatchSender {
    let connection: RLSConnection

    func send(_ batch: ImportBatch, types: AttributeTypes) -> Task<[ImportRefusal], any Error> {
        // Sent here, in the order of the calls: the values of a batch follow its mappings.
        let mappings = connection.send(
            Methods.ensureBulk, BulkArguments(batch.records.map { BulkPair($0.mapping.lfn, $0.mapping.pfn) }))
        let assignments = batch.assignments(types)
        let values =
            assignments.isEmpty ? nil : connection.send(Methods.attributeEnsureBulk, BulkArguments(assignments))
        return Task {
            let failures = try await mappings.value.items + (try await values?.value.items ?? [])
            return batch.refusals(failures)
        }
    }
}

/// A server of the original kind has no such request: create, then add what exists; a mapping that is there is fine.
struct LegacySender: BatchSender {
    let client: CatalogClient

    func send(_ batch: ImportBatch, types: AttributeTypes) -> Task<[ImportRefusal], any Error> {
        Task {
            let known = try await client.createAll(batch.records.map(\.mapping))
            var failures = known.filter { $0.code != .lfnExists }
            let existing = known.filter { $0.code == .lfnExists }.map(\.mapping)
            if !existing.isEmpty {
                failures += try await client.addAll(existing).filter { $0.code != .mappingExists }
            }
            let values = try await assign(batch.assignments(types))
            return batch.refusals(failures.map { BulkFailure($0.code, $0.mapping.lfn, $0.mapping.pfn) } + values)
        }
    }

    private func assign(_ assignments: [AttributeAssignment]) async throws -> [BulkFailure] {
        if assignments.isEmpty { return [] }
        let failures = try await client.connection.call(Methods.attributeAddBulk, BulkArguments(assignments)).items
        var rest = failures.filter { $0.code != .attributeExists }
        let byName = Dictionary(assignments.map { (Mapping(lfn: $0.key, pfn: $0.name), $0) }) { $1 }
        for failure in failures where failure.code == .attributeExists {
            guard let old = byName[Mapping(lfn: failure.first, pfn: failure.second)] else { continue }
            do {
                _ = try await client.connection.call(Methods.attributeModify, ModifyAttributeArguments(old))
            } catch let error as CatalogError {
                rest.append(BulkFailure(error.code, failure.first, failure.second))
            }
        }
        return rest
    }
}

extension ImportBatch {
    /// The values of all records, each object's attribute once: the last line counts.
    func assignments(_ types: AttributeTypes) -> [AttributeAssignment] {
        var seen: [AttributeTarget: Int] = [:]
        var assignments: [AttributeAssignment] = []
        for record in records {
            for word in record.attributes {
                let key = word.kind == .lfn ? record.mapping.lfn : record.mapping.pfn
                let type = word.type ?? types[word.kind, word.name] ?? word.likelyType
                let assignment = AttributeAssignment(
                    key: key, kind: word.kind, name: word.name, type: type, value: word.value)
                let target = AttributeTarget(kind: word.kind, key: key, name: word.name)
                if let index = seen[target] {
                    assignments[index] = assignment
                } else {
                    seen[target] = assignments.count
                    assignments.append(assignment)
                }
            }
        }
        return assignments
    }

    private struct AttributeTarget: Hashable {
        let kind: NameKind
        let key: ByteString
        let name: ByteString
    }

    /// Finds the lines that the failures came from.
    func refusals(_ failures: [BulkFailure]) -> [ImportRefusal] {
        failures.map { failure in
            let index = records.firstIndex { record in
                record.mapping.lfn == failure.first || record.mapping.pfn == failure.first
            }
            return ImportRefusal(
                line: index.map { lines[$0] } ?? lastLine, name: failure.first + ": " + failure.second,
                code: failure.code)
        }
    }
}

/// The attributes that the server has defined.
struct AttributeTypes: Sendable {
    private var types: [NameKind: [ByteString: AttributeType]] = [:]

    subscript(kind: NameKind, name: ByteString) -> AttributeType? {
        get { types[kind]?[name] }
        set { types[kind, default: [:]][name] = newValue }
    }
}
