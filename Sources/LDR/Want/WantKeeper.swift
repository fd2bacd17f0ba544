import Logging
import RLSCore
import RLSStorage
import RLSStorageSQLite

/// Keeps the list of wanted files in step with the metadata and the subscriptions: each change of the metadata is looked at once.
package struct WantKeeper {
    /// Changes of one transaction.
    private static let batch = 10_000

    package struct Outcome: Sendable, Equatable {
        package var changes = 0
        /// Files that are wanted now and were not before.
        package var new = 0
        /// Of those, the ones that are here already.
        package var present = 0
        package var withdrawn = 0

        package init() {}
    }

    private let work: WorkStore
    private let metadata: MetadataStore
    private let catalog: any CopyCatalog
    private let place: @Sendable (ByteString) -> PartitionPath?
    private let events: EventLog?

    /// - Parameter place: where the file of a PFN lies in this site's partitions; nil for another one in its catalog, such as
    ///   a URL of a remote place, which tells where the file is, and not that it is here
    package init(
        work: WorkStore, metadata: MetadataStore, catalog: any CopyCatalog, events: EventLog? = nil,
        place: @escaping @Sendable (ByteString) -> PartitionPath?
    ) {
        self.place = place
        self.work = work
        self.metadata = metadata
        self.catalog = catalog
        self.events = events
    }

    /// Takes the subscriptions of the configuration, and looks at what has changed since the last call. Done in steps, each
    /// complete by itself: a call that is cut off loses nothing.
    /// - Throws: `StorageError`; the catalog's errors; `ExpressionError` for a subscription that cannot be read
    package func keep(_ subscriptions: [SubscriptionConfiguration]) async throws -> Outcome {
        try work.adopt(subscriptions)
        try work.follow(epoch: try metadata.epoch, lastChange: try metadata.lastChange)
        let judges = try work.subscriptions().map { try Judge($0) }
        let outcome = try await judge(judges)
        try work.forgetUnwanted()
        return outcome
    }

    private func judge(_ judges: [Judge]) async throws -> Outcome {
        var outcome = Outcome()
        guard var position = judges.map(\.subscription.position).min() else { return outcome }
        while true {
            let changes = try metadata.changes(after: position, limit: Self.batch)
            guard let last = changes.last else { return outcome }
            let verdicts = changes.map { Verdict($0.change, $0.value, judges, at: metadata.site) }
            try await take(verdicts, upTo: last.change, judges, &outcome)
            position = last.change
            try Task.checkCancellation()
        }
    }

    private func take(
        _ verdicts: [Verdict], upTo position: Int, _ judges: [Judge], _ outcome: inout Outcome
    ) async throws {
        let wanted = verdicts.filter { $0.wanted != 0 }
        let here = try await here(wanted)
        var (counted, missing) = (outcome, [Verdict]())
        try work.file.write { (connection) throws(StorageError) in
            let writer = try VerdictWriter(connection, judges.map(\.subscription))
            for verdict in verdicts where try writer.write(verdict, here[verdict.lfn], &counted) {
                missing.append(verdict)
            }
            try work.moved(judges.map(\.subscription), to: position, connection)
        }
        counted.changes += verdicts.count
        outcome = counted
        events?.write(missing.map { Event(.wanted, $0.lfn, bytes: $0.size) })
    }

    /// Those with a copy in the storage, or with any where this site is the publisher.
    /// - Returns: their places in the storage
    private func here(_ wanted: [Verdict]) async throws -> [ByteString: [PartitionPath]] {
        let own = Set(wanted.filter(\.isOwn).map(\.lfn))
        var here: [ByteString: [PartitionPath]] = [:]
        for copy in try await catalog.copies(of: wanted.map(\.lfn)) {
            let place = place(copy.pfn)
            if place != nil || own.contains(copy.lfn) { here[copy.lfn, default: []] += [place].compactMap(\.self) }
        }
        return here
    }
}

/// A subscription that has been made ready to look at files.
struct Judge {
    let subscription: Subscription
    let expression: Expression

    init(_ subscription: Subscription) throws(ExpressionError) {
        self.subscription = subscription
        expression = try Expression(parsing: subscription.configuration.expression)
    }
}

/// Writes verdicts into the table of wanted files.
private struct VerdictWriter {
    private let known: SQLiteStatement
    private let insert: SQLiteStatement
    private let update: SQLiteStatement
    private let delete: SQLiteStatement
    private let settle: SQLiteStatement
    private let forgetReading: SQLiteStatement
    private let own: SQLiteStatement
    /// By descending priority.
    private let order: [Subscription]
    private let now = WorkStore.now

    init(_ connection: SQLiteConnection, _ subscriptions: [Subscription]) throws(StorageError) {
        known = try connection.statement("SELECT id, subscriptions, size, state, checksum FROM want WHERE lfn = ?")
        insert = try connection.statement(
            """
            INSERT INTO want (lfn, size, subscriptions, queue, state, since, checksum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """)
        update = try connection.statement(
            """
            UPDATE want SET size = ?1, subscriptions = ?2, queue = ?3, state = ?4, checksum = ?6,
                next_try = iif(?7 IS NULL, next_try, 0), attempts = iif(?7 IS NULL, attempts, 0),
                reason = coalesce(?7, reason)
            WHERE id = ?5
            """)
        delete = try connection.statement("DELETE FROM want WHERE id = ?")
        // A transfer that is under way finds the copy itself.
        settle = try connection.statement(
            """
            UPDATE want SET state = 3, next_try = ?, attempts = 0, reason = NULL, staging = 0
            WHERE id = ? AND state NOT IN (2, 3)
            """)
        forgetReading = try connection.statement("DELETE FROM content_read WHERE place = ?")
        own = try connection.statement("INSERT OR IGNORE INTO own (lfn) VALUES (?)")
        order = subscriptions.sorted { WorkStore.comesLater($1, $0) }
    }

    private func queue(_ subscriptions: Int) -> Int { order.first { subscriptions & $0.bit != 0 }?.id ?? 0 }

    /// - Parameter here: places of its copies; nil when it is not here
    /// - Returns: whether the file is wanted now, was not before, and is not here
    func write(
        _ verdict: Verdict, _ here: [PartitionPath]?, _ outcome: inout WantKeeper.Outcome
    ) throws(StorageError) -> Bool {
        if verdict.isOwn { try own.bind(1, verdict.lfn).run() }
        try known.bind(1, verdict.lfn)
        guard try known.step() else {
            known.reset()
            return try add(verdict, here, &outcome)
        }
        let (id, before, size) = (known.integer(0), known.integer(1), known.integer(2))
        let state = known.integer(3)
        let checksum = known.isNull(4) ? nil : known.bytes(4)
        known.reset()
        let wanted = before & ~verdict.judged | verdict.wanted
        if wanted == 0 {
            outcome.withdrawn += 1
            try delete.bind(1, id).run()
        } else if wanted != before || size != Int(verdict.size) || checksum != verdict.checksum || verdict.isOwn {
            // One that has been removed comes back for those who want it from now on.
            let isWantedAnew = state == WantState.expired.rawValue && wanted & ~before != 0
            let isOld = state == WantState.present.rawValue && verdict.replaces(size: size, checksum)
            try update.bind(1, Int(verdict.size)).bind(2, wanted).bind(3, queue(wanted))
                .bind(4, isWantedAnew || isOld ? WantState.missing.rawValue : state).bind(5, id)
            try bind(verdict.checksum, to: update, 6)
            if isOld { try update.bind(7, text: Self.old) } else { try update.bindNull(7) }
            try update.run()
            if verdict.isOwn && here != nil { try settle.bind(1, now).bind(2, id).run() }
        }
        return false
    }

    private static let old = "it was published with other content, and the copy here is of the old one"

    private func bind(
        _ checksum: ByteString?, to statement: SQLiteStatement, _ index: Int32
    ) throws(StorageError) {
        if let checksum { try statement.bind(index, checksum) } else { try statement.bindNull(index) }
    }

    private func add(
        _ verdict: Verdict, _ here: [PartitionPath]?, _ outcome: inout WantKeeper.Outcome
    ) throws(StorageError) -> Bool {
        if verdict.wanted == 0 { return false }
        outcome.new += 1
        let state: WantState = here == nil ? .missing : .present
        if let here {
            outcome.present += 1
            // While nobody wanted it, nobody noticed when it was published with other content.
            if !verdict.isOwn { for place in here { try forgetReading.bind(1, text: WorkStore.key(place)).run() } }
        }
        try insert.bind(1, verdict.lfn).bind(2, Int(verdict.size)).bind(3, verdict.wanted)
            .bind(4, queue(verdict.wanted)).bind(5, state.rawValue).bind(6, now)
        try bind(verdict.checksum, to: insert, 7)
        try insert.run()
        return here == nil
    }
}
