import Foundation
import RLSCore
import RLSStorage
import RLSStorageSQLite

/// How a site's replication stands.
package struct SiteStatus: Sendable, Encodable {
    package struct SubscriptionStatus: Sendable, Encodable {
        package let name: String
        package let expression: String
        package let priority: Int
        package var wanted = 0
        package var wantedBytes: Int64 = 0
        package var present = 0
        package var presentBytes: Int64 = 0
        /// To be brought back from tape by their sources.
        package var staging = 0
        package var queued = 0
        package var active = 0
        package var missing = 0
        package var stuck = 0
        package var held = 0
        /// Removed after their time: no longer among those that are wanted.
        package var expired = 0
        /// Since when the file that has waited longest is wanted; nil when all are here.
        package var lagSeconds: Double?
        /// By the rate of the last hour; nil when nothing is missing or nothing has come.
        package var remainingSeconds: Double?
    }

    package struct SourceStatus: Sendable, Encodable {
        package let name: String
        package let bytesPerSecond: Double
        package let succeeded: Int
        package let failed: Int
        package let queued: Int
        package let error: String?
    }

    package struct PeerState: Sendable, Encodable {
        package let site: String
        package let position: Int
        /// Milliseconds since 1970; nil for never.
        package let checked: Int?
        package let changed: Int?
        package let error: String?
    }

    package let site: String
    /// All that the metadata know.
    package let files: Int
    package let subscriptions: [SubscriptionStatus]
    package let sources: [SourceStatus]
    package let peers: [PeerState]
    /// nil where nothing is ever limited.
    package let bandwidth: BandwidthStatus?

    package struct BandwidthStatus: Sendable, Encodable {
        /// nil for no limit; 0 while transfers are off.
        package let bytesPerSecond: Int64?
        /// Milliseconds since 1970; nil for ever.
        package let until: Int?

        package init?(_ plan: BandwidthPlan, at now: Int) {
            if plan.isUnlimited { return nil }
            let time = Date(timeIntervalSince1970: Double(now) / 1_000)
            switch plan.limit(at: time) {
            case .none: bytesPerSecond = nil
            case .off: bytesPerSecond = 0
            case .rate(let rate): bytesPerSecond = rate
            }
            until = plan.nextChange(after: time).map { Int($0.timeIntervalSince1970 * 1_000) }
        }
    }

    package init(
        _ site: String, work: WorkStore, metadata: MetadataStore, bandwidth plan: BandwidthPlan = BandwidthPlan(),
        at now: Int
    ) throws(StorageError) {
        self.site = site
        bandwidth = BandwidthStatus(plan, at: now)
        files = try metadata.count
        let rate = Double(try work.arrivedBytes(since: now - 3_600_000)) / 3_600
        let sums = try work.sums()
        subscriptions = try work.subscriptions().map { Self.status($0, sums, rate, now) }
        let loads = try work.queued()
        sources = try work.sources().map {
            SourceStatus(
                name: $0.name, bytesPerSecond: $0.rate, succeeded: $0.succeeded, failed: $0.failed,
                queued: loads[$0.name]?.files ?? 0, error: $0.error)
        }
        peers = try metadata.peers().map {
            PeerState(
                site: $0.position.site, position: $0.position.change, checked: $0.checked > 0 ? Int($0.checked) : nil,
                changed: $0.changed > 0 ? Int($0.changed) : nil, error: $0.error)
        }
    }

    private static func status(
        _ subscription: Subscription, _ sums: [WantSum], _ rate: Double, _ now: Int
    ) -> SubscriptionStatus {
        let configuration = subscription.configuration
        var status = SubscriptionStatus(
            name: configuration.name, expression: configuration.expression, priority: configuration.priority)
        var oldest: Int?
        for sum in sums where sum.subscriptions & subscription.bit != 0 {
            status.add(sum)
            if sum.state != .present && sum.state != .expired { oldest = min(oldest ?? .max, sum.since) }
        }
        if status.present < status.wanted {
            status.lagSeconds = oldest.map { Double(max(0, now - $0)) / 1_000 }
            if rate > 0 { status.remainingSeconds = Double(status.wantedBytes - status.presentBytes) / rate }
        }
        return status
    }
}

extension SiteStatus.SubscriptionStatus {
    fileprivate mutating func add(_ sum: WantSum) {
        if sum.state != .expired {
            wanted += sum.files
            wantedBytes = wantedBytes.saturated(adding: sum.bytes)
        }
        switch sum.state {
        case .missing: missing += sum.files
        case .staging: staging += sum.files
        case .queued: queued += sum.files
        case .active: active += sum.files
        case .present:
            present += sum.files
            presentBytes = presentBytes.saturated(adding: sum.bytes)
        case .stuck: stuck += sum.files
        case .held: held += sum.files
        case .expired: expired += sum.files
        }
    }
}

/// Files in one state that the same subscriptions want.
private struct WantSum {
    let subscriptions: Int
    let state: WantState
    let files: Int
    let bytes: Int64
    /// Since when the one is wanted that has been wanted longest, milliseconds since 1970.
    let since: Int
}

extension WorkStore {
    /// All that is wanted, looked at once, whatever the number of subscriptions.
    fileprivate func sums() throws(StorageError) -> [WantSum] {
        let statement = try file.connection.statement(
            """
            SELECT subscriptions, state, count(*), CAST(total(size) AS INTEGER), min(since) FROM want
            GROUP BY subscriptions, state
            """)
        defer { statement.reset() }
        var found: [WantSum] = []
        while try statement.step() {
            guard let state = WantState(rawValue: statement.integer(1)) else { continue }
            found.append(
                WantSum(
                    subscriptions: statement.integer(0), state: state, files: statement.integer(2),
                    bytes: Int64(statement.integer(3)), since: statement.integer(4)))
        }
        return found
    }

    /// Bytes of files that have come since then, milliseconds since 1970.
    func arrivedBytes(since time: Int) throws(StorageError) -> Int64 {
        // Rows are in the order of their ends, more or less: the index of the key is enough to find the last hour.
        let statement = try file.connection.statement(
            """
            SELECT coalesce(sum(bytes), 0) FROM (SELECT bytes, ended, failure FROM transfer ORDER BY id DESC LIMIT 100000)
            WHERE ended >= ? AND failure IS NULL
            """)
        defer { statement.reset() }
        return try statement.bind(1, time).step() ? Int64(statement.integer(0)) : 0
    }
}
