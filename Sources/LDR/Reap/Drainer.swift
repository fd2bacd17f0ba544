import NIOConcurrencyHelpers
import RLSClient
import RLSCore
import RLSStorage

/// Moves copies off partitions that drain, to those that have room.
package struct Drainer {
    package struct Report: Sendable, Encodable {
        /// Copies that were to be moved.
        package var due = 0
        package var moved = 0
        package var movedBytes: Int64 = 0
        /// Copies that are still where they were, and why.
        package var kept: [ReapReport.File] = []

        package init() {}
    }

    private let places: CopyPlaces
    private let catalog: any CopyListing
    private let metadata: MetadataStore
    private let events: EventLog
    private let tool: any TransferTool
    private let landing: Landing
    private let free: @Sendable (StoragePartition) -> Int64?

    /// - Parameter free: bytes that are free in a partition; nil for one that gets nothing now, as one that is not mounted
    package init(
        area: StorageArea, catalog: any CopyListing, metadata: MetadataStore, events: EventLog,
        tool: any TransferTool = LocalCopyTool(), landing: Landing = Landing(),
        free: @escaping @Sendable (StoragePartition) -> Int64? = { $0.freeBytes() }
    ) {
        self.free = free
        places = CopyPlaces(area: area)
        self.catalog = catalog
        self.metadata = metadata
        self.events = events
        self.tool = tool
        self.landing = landing
    }

    private var area: StorageArea { places.area }

    package static func isNeeded(_ area: StorageArea) -> Bool {
        area.partitions.contains { $0.isDraining && !$0.isReadOnly }
    }

    /// One pass. It may be cut off anywhere: copies are forgotten, and then removed, only after others are complete, verified
    /// and registered.
    /// - Parameter acts: false only tells what is to be moved
    /// - Throws: `StorageError`, the errors of the catalog
    package nonisolated(nonsending) func pass(acts: Bool) async throws -> Report {
        var report = Report()
        if !Self.isNeeded(area) { return report }
        let draining = try await catalog.allCopies().compactMap { places.removable($0) }.filter(\.partition.isDraining)
        report.due = draining.count
        if !acts { return report }
        for start in stride(from: 0, to: draining.count, by: Self.batch) {
            try Task.checkCancellation()
            let copies = draining[start..<min(start + Self.batch, draining.count)]
            try await move(try known(copies, &report), &report)
        }
        return report
    }

    /// Copies that are moved together: the catalog and the disk are asked once for all.
    private static let batch = 200
    /// Copies that nobody knows for a moment, few: killed then, they are left for `ldr verify` to find.
    private static let forgotten = 10

    /// A copy that is to be moved.
    private struct Move: Sendable {
        let copy: RemovableCopy
        let record: FileRecord
        let publisher: String
        /// Files that are wanted have positive numbers.
        let id: Int
    }

    private func known(_ copies: ArraySlice<RemovableCopy>, _ report: inout Report) throws -> [Move] {
        var moves: [Move] = []
        for (number, copy) in zip(copies.indices, copies) {
            if let known = try metadata.record(of: copy.mapping.lfn) {
                moves.append(Move(copy: copy, record: known.record, publisher: known.stamp.site, id: -1 - number))
            } else {
                report.keep(
                    copy.mapping.lfn, 0, "its metadata are not known: nothing tells whether a copy is right")
            }
        }
        return moves
    }

    private nonisolated(nonsending) func move(_ moves: [Move], _ report: inout Report) async throws {
        let others = Dictionary(
            grouping: try await catalog.copies(of: moves.map(\.copy.mapping.lfn)).compactMap { places.removable($0) },
            by: \.mapping.lfn)
        var (safe, alone) = ([Move](), [Move]())
        for move in moves {
            let hasOther = await hasOther(move.record, others[move.copy.mapping.lfn] ?? [])
            if hasOther { safe.append(move) } else { alone.append(move) }
        }
        safe += try await copied(alone, &report)
        for start in stride(from: 0, to: safe.count, by: Self.forgotten) {
            try Task.checkCancellation()
            let some = safe[start..<min(start + Self.forgotten, safe.count)]
            try await catalog.unregister(some.map(\.copy.mapping))
            try await remove(some, &report)
        }
    }

    /// Those of which there is another copy now, verified and registered.
    private nonisolated(nonsending) func copied(_ moves: [Move], _ report: inout Report) async throws -> [Move] {
        var copied: [(move: Move, new: Mapping)] = []
        for (move, outcome) in zip(moves, await copy(moves)) {
            switch outcome {
            case .success(let new): copied.append((move, new))
            case .failure(let failure): report.keep(move.record.lfn, move.record.size, failure.description)
            }
        }
        let refused = Dictionary(
            try await catalog.register(copied.map(\.new)).map { ($0.mapping, $0.reason) }, uniquingKeysWith: { $1 })
        return copied.compactMap { move, new in
            guard let reason = refused[new] else { return move }
            report.keep(move.record.lfn, move.record.size, "the catalog did not take \(new.pfn): \(reason)")
            return nil
        }
    }

    /// What the catalog has forgotten; of what cannot be removed it is told again.
    private nonisolated(nonsending) func remove(_ moves: ArraySlice<Move>, _ report: inout Report) async throws {
        var (gone, left) = ([Event](), [Mapping]())
        for move in moves {
            let (copy, size) = (move.copy, move.record.size)
            if case .failed(let cause) = CopyRemoval.remove(copy.path, of: copy.partition) {
                left.append(copy.mapping)
                report.keep(copy.mapping.lfn, size, cause)
                continue
            }
            report.moved += 1
            report.movedBytes = report.movedBytes.saturated(adding: size)
            let message = "\(copy.mapping.pfn): its partition drains"
            gone.append(Event(.moved, copy.mapping.lfn, bytes: size, message: message))
        }
        events.write(gone)
        try await catalog.registerAll(left)
    }

    /// Whether an earlier pass, or a transfer, has brought the file to a partition that stays, whose content is read.
    private nonisolated(nonsending) func hasOther(_ record: FileRecord, _ others: [RemovableCopy]) async -> Bool {
        for other in others where other.partition.isWritable {
            switch await landing.standing(record, root: other.partition.root, name: other.path) {
            case .right: return true
            case .other: continue
            case .unknown:
                // Without a checksum nothing tells more than the size.
                let size = FileCalls.size(other.partition.root + "/" + other.path)
                if record.checksums.strongest == nil && size == record.size { return true }
            }
        }
        return false
    }

    // MARK: Copies

    private typealias Copied = Result<Mapping, TransferFailure>

    /// A place that a copy will have.
    private struct Plan: Sendable {
        let request: TransferRequest
        let partition: StoragePartition
        let path: String
    }

    /// - Returns: for each, in their order, the copy in another partition, which is not registered yet
    private nonisolated(nonsending) func copy(_ moves: [Move]) async -> [Copied] {
        var planned: [String: Int64] = [:]
        let plans = moves.map { move in
            Result { () throws(TransferFailure) in try plan(move, &planned) }
        }
        let known = Dictionary(
            plans.compactMap { try? $0.get() }.map { ($0.request.id, $0) }, uniquingKeysWith: { $1 })
        let outcomes = NIOLockedValueBox<[Int: Copied]>([:])
        await tool.run(
            plans.compactMap { try? $0.get().request }, TransferSettings(), began: landing.follow,
            finished: { [landing, area] request, outcome in
                guard let plan = known[request.id] else { return }
                let copied = await Self.land(plan, outcome, landing).map { _ in
                    Mapping(lfn: request.expected.lfn, pfn: area.url(plan.partition, plan.path))
                }
                outcomes.withLockedValue { $0[request.id] = copied }
            })
        let all = outcomes.withLockedValue { $0 }
        return zip(moves, plans).map { move, plan in
            plan.flatMap { _ in all[move.id] ?? .failure(TransferFailure(.interrupted, "it was not copied")) }
        }
    }

    private func plan(_ move: Move, _ planned: inout [String: Int64]) throws(TransferFailure) -> Plan {
        let (record, copy) = (move.record, move.copy)
        let room = { [planned] (partition: StoragePartition) in
            free(partition).map { $0.saturated(adding: -planned[partition.name, default: 0]) }
        }
        guard let partition = area.choose(for: record.size, free: room) else {
            throw TransferFailure(.diskFull, "no partition has room for \(record.size) bytes")
        }
        let path: String
        do throws(LayoutError) { path = try area.layout.path(for: record, publisher: move.publisher) } catch {
            throw TransferFailure(.localError, "no place: \(error)")
        }
        let incoming = IncomingDirectory(root: partition.root)
        try incoming.prepare()
        planned[partition.name] = planned[partition.name, default: 0].saturated(adding: record.size)
        let source = ByteString(Array("file://".utf8) + URLPath.encoded(copy.partition.root + "/" + copy.path))
        let request = TransferRequest(
            id: move.id, source: source, destination: incoming.file(of: move.id), expected: record)
        return Plan(request: request, partition: partition, path: path)
    }

    private static func land(
        _ plan: Plan, _ outcome: TransferOutcome, _ landing: Landing
    ) async -> Result<Void, TransferFailure> {
        if let failure = outcome.failure {
            landing.forget(plan.request)
            return .failure(failure)
        }
        do throws(TransferFailure) {
            _ = try await landing.land(plan.request, root: plan.partition.root, name: ByteString(plan.path))
            return .success(())
        } catch {
            FileCalls.remove(plan.request.destination)
            return .failure(error)
        }
    }
}

extension Drainer.Report {
    fileprivate mutating func keep(_ lfn: ByteString, _ size: Int64, _ reason: String) {
        kept.append(ReapReport.File(lfn: lfn.description, size: size, reason: reason))
    }
}
