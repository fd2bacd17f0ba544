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
        var subscriptions: [SubscriptionStatus] = []
        for subscription in try work.subscriptions() {
            subscriptions.append(try Self.status(subscription, work, rate, now))
        }
        self.subscriptions = subscriptions
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
        _ subscription: Subscription, _ work: WorkStore, _ rate: Double, _ now: Int
    ) throws(StorageError) -> SubscriptionStatus {
        let configuration = subscription.configuration
        var status = SubscriptionStatus(
            name: configuration.name, expression: configuration.expression, priority: configuration.priority)
        for (state, total) in try work.totals(of: subscription) {
            if state != .expired {
                status.wanted += total.files
                status.wantedBytes = status.wantedBytes.saturated(adding: total.bytes)
            }
            switch state {
            case .missing: status.missing = total.files
            case .staging: status.staging = total.files
            case .queued: status.queued = total.files
            case .active: status.active = total.files
            case .present: (status.present, status.presentBytes) = (total.files, total.bytes)
            case .stuck: status.stuck = total.files
            case .held: status.held = total.files
            case .expired: status.expired = total.files
            }
        }
        if status.present < status.wanted {
            status.lagSeconds = try work.oldestUnfinished(of: subscription).map { Double(max(0, now - $0)) / 1_000 }
            if rate > 0 { status.remainingSeconds = Double(status.wantedBytes - status.presentBytes) / rate }
        }
        return status
    }
}

extension WorkStore {
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

    /// Since when the file is wanted that has been wanted longest and is not here.
    func oldestUnfinished(of subscription: Subscription) throws(StorageError) -> Int? {
        let statement = try file.connection.statement(
            "SELECT min(since) FROM want WHERE subscriptions & ? AND state NOT IN (3, 6)")
        defer { statement.reset() }
        try statement.bind(1, subscription.bit)
        return try statement.step() && !statement.isNull(0) ? statement.integer(0) : nil
    }
}
