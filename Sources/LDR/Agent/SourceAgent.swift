import Foundation
import Logging
import RLSCore
import RLSStorage
import RLSStorageSQLite

/// Takes one source's files out of the queue, batch by batch, and sees them through: fetched, verified, in their place,
/// registered.
package struct SourceAgent: Sendable {
    private let work: WorkDesk
    private let metadata: MetadataDesk
    private let plans: ArrivalPlanner
    private let tools: TransferTools
    private let landing: Landing
    private let replacement: Replacement
    private let arrivals: ArrivalDesk
    private let limits: TransferLimits
    private let settings: TransferSettings

    package init(
        work: WorkDesk, metadata: MetadataDesk, plans: ArrivalPlanner, tools: TransferTools, landing: Landing,
        arrivals: ArrivalDesk, replacement: Replacement, limits: TransferLimits, settings: TransferSettings
    ) {
        self.replacement = replacement
        self.work = work
        self.metadata = metadata
        self.plans = plans
        self.tools = tools
        self.landing = landing
        self.arrivals = arrivals
        self.limits = limits
        self.settings = settings
    }

    /// Whether a file is on its way, also for one that is not wanted any longer.
    func isUnderWay(_ id: Int) -> Bool { plans.isPlanned(id) }

    /// Returns when the source's queue is empty, after a few batches, or when most of a batch has failed: then the scheduler
    /// shall think again.
    func empty(_ source: String) async throws -> AgentOutcome {
        var outcome = AgentOutcome()
        // Others wait for the place, too.
        for _ in 0..<5 where !Task.isCancelled {
            let wants = try await work.use { [limits] (store) throws(StorageError) in
                try store.take(from: source, files: limits.batchFiles, bytes: limits.batchBytes)
            }
            if wants.isEmpty { break }
            let done = try await fetch(wants, from: source)
            outcome.add(done)
            if done.failed > done.arrived { break }
        }
        return outcome
    }

    private func fetch(_ wants: [Want], from source: String) async throws -> AgentOutcome {
        let lfns = wants.map(\.lfn)
        let records = try await metadata.use { (store) throws(StorageError) in try store.described(lfns) }
        let known = try await work.use { (store) throws(StorageError) in
            try store.file.read { (_) throws(StorageError) in
                var known: Set<ByteString> = []
                for lfn in lfns where try store.isBrought(lfn) { known.insert(lfn) }
                return known
            }
        }
        var batch = ArrivalBatch(source: source, began: WorkStore.now, known: known)
        var looks = PartitionLooks()
        for want in wants {
            if let copy = await copyThatIsThere(want, records[want.lfn]) {
                batch.settle(want, copy)
            } else {
                batch.add(want, plans.plan(want, records[want.lfn], &looks))
            }
        }
        let (stream, collector) = AsyncStream.makeStream(of: ArrivedFile.self)
        for arrival in batch.settled { collector.yield(arrival) }
        // Not cancelled with this one: what has arrived is registered, and what has not goes back into the queue.
        let concluded = Task { [arrivals] in try await arrivals.conclude(stream, from: source) }
        await run(batch, collector)
        collector.finish()
        return try await concluded.value
    }

    /// A file that only has to be registered: the catalog was down, a daemon was killed, or databases were lost.
    private func copyThatIsThere(_ want: Want, _ described: DescribedFile?) async -> Mapping? {
        guard let described, let (partitions, path) = plans.places(described) else { return nil }
        for partition in partitions {
            if await landing.standing(described.record, root: partition.root, name: path) == .right {
                return plans.copy(of: want.lfn, in: partition, path)
            }
        }
        return nil
    }

    private func known(_ lfn: ByteString) async throws -> KnownFile {
        let described = try await metadata.use { (store) throws(StorageError) in try store.described([lfn])[lfn] }
        let isBrought = try await work.use { (store) throws(StorageError) in try store.isBrought(lfn) }
        return KnownFile(described: described, isBrought: isBrought)
    }

    private func run(_ batch: ArrivalBatch, _ collector: AsyncStream<ArrivedFile>.Continuation) async {
        if batch.requests.isEmpty { return }
        let scheme = batch.source.prefix { $0 != ":" }
        guard let tool = tools.tool(for: String(scheme)) else {
            let failure = TransferFailure(.unsupported, "\(scheme): URLs need a transfer_command")
            for plan in batch.plans.values {
                plans.release(plan.want)
                collector.yield(ArrivedFile(plan, .failure(failure), began: batch.began))
            }
            return
        }
        await tool.run(batch.requests, settings, began: landing.follow) { [self] request, outcome in
            guard let plan = batch.plans[request.id] else { return }
            if outcome.failure != nil { landing.forget(request) }
            var final = outcome
            if case .success = outcome {
                do throws(TransferFailure) {
                    let wasFetched = batch.known.contains(plan.want.lfn)
                    try await replacement.land(request, plan, wasFetched: wasFetched) {
                        try await known(plan.want.lfn)
                    }
                } catch { final = .failure(error) }
            }
            // Before it is told, and only once: queued again, the file may have room for another source meanwhile.
            plans.release(plan.want)
            collector.yield(ArrivedFile(plan, final, began: batch.began))
        }
    }
}

/// The files of one run of a tool.
struct ArrivalBatch: Sendable {
    let source: String
    /// Milliseconds since 1970.
    let began: Int
    /// Files that a transfer has brought before.
    let known: Set<ByteString>
    private(set) var requests: [TransferRequest] = []
    private(set) var plans: [Int: ArrivalPlan] = [:]
    /// Decided without a transfer.
    private(set) var settled: [ArrivedFile] = []

    init(source: String, began: Int, known: Set<ByteString>) {
        self.known = known
        self.source = source
        self.began = began
    }

    mutating func settle(_ want: Want, _ copy: Mapping) {
        settled.append(
            ArrivedFile(
                want: want, copy: copy, outcome: .success(bytes: 0, seconds: 0), began: began, wasThere: true))
    }

    mutating func add(_ want: Want, _ plan: Result<ArrivalPlan, TransferFailure>) {
        switch plan {
        case .success(let plan):
            plans[want.id] = plan
            requests.append(
                TransferRequest(
                    id: want.id, source: want.url ?? .empty, destination: plan.temporaryPath, expected: plan.record))
        case .failure(let failure):
            settled.append(ArrivedFile(want: want, copy: nil, outcome: .failure(failure), began: began))
        }
    }
}
