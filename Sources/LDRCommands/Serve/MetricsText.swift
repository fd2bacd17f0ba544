import LDR

/// A site's status as Prometheus reads it.
struct MetricsText {
    private var text = ""
    private let site: String

    /// - Parameter now: milliseconds since 1970
    static func of(_ status: SiteStatus, at now: Int) -> String {
        var metrics = MetricsText(site: status.site)
        metrics.add("ldr_files", "Files that the site's metadata know.", [([:], Double(status.files))])
        if let rate = status.bandwidth?.bytesPerSecond {
            metrics.add("ldr_bandwidth_limit_bytes_per_second", "What may come in now; 0: off.", [([:], Double(rate))])
        }
        metrics.add(status.subscriptions)
        metrics.add(status.sources)
        metrics.add(status.peers, now)
        return metrics.text
    }

    private init(site: String) { self.site = site }

    private typealias Sample = (labels: [String: String], value: Double)

    private mutating func add(_ name: String, _ help: String, _ samples: [Sample], kind: String = "gauge") {
        if samples.isEmpty { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        for sample in samples {
            let labels = sample.labels.merging(["site": site]) { $1 }.sorted { $0.key < $1.key }
            let words = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += "\(name){\(words)} \(Self.number(sample.value))\n"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }

    private mutating func add(_ subscriptions: [SiteStatus.SubscriptionStatus]) {
        func samples(_ value: (SiteStatus.SubscriptionStatus) -> Double) -> [Sample] {
            subscriptions.map { (["subscription": $0.name], value($0)) }
        }
        add("ldr_subscription_wanted_files", "Files that a subscription wants.", samples { Double($0.wanted) })
        add("ldr_subscription_wanted_bytes", "Bytes that a subscription wants.", samples { Double($0.wantedBytes) })
        add("ldr_subscription_present_bytes", "Bytes of them that are here.", samples { Double($0.presentBytes) })
        add(
            "ldr_subscription_files", "Files of a subscription by their state.",
            subscriptions.flatMap { item in
                [
                    ("present", item.present), ("staging", item.staging), ("queued", item.queued),
                    ("active", item.active),
                    ("missing", item.missing), ("stuck", item.stuck), ("held", item.held), ("expired", item.expired),
                ].map { (["subscription": item.name, "state": $0], Double($1)) }
            })
        add(
            "ldr_subscription_lag_seconds",
            "How long the file has been wanted that waits longest; 0 when all are here.",
            samples { $0.lagSeconds ?? 0 })
    }

    private mutating func add(_ sources: [SiteStatus.SourceStatus]) {
        add(
            "ldr_source_bytes_per_second", "Of late, from a source.",
            sources.map { (["source": $0.name], $0.bytesPerSecond) })
        add(
            "ldr_source_transfers_total", "Transfers from a source by their outcome.",
            sources.flatMap { source in
                [("succeeded", source.succeeded), ("failed", source.failed)].map {
                    (["source": source.name, "outcome": $0], Double($1))
                }
            }, kind: "counter")
        add(
            "ldr_source_queued_files", "Files that are to come from a source.",
            sources.map { (["source": $0.name], Double($0.queued)) })
    }

    private mutating func add(_ peers: [SiteStatus.PeerState], _ now: Int) {
        add(
            "ldr_peer_position", "The last change of a peer's log that is known here.",
            peers.map { (["peer": $0.site], Double($0.position)) })
        func ages(_ time: (SiteStatus.PeerState) -> Int?) -> [Sample] {
            peers.compactMap { peer in
                time(peer).map { (["peer": peer.site], Double(max(0, now - $0)) / 1_000) }
            }
        }
        add("ldr_peer_checked_age_seconds", "Since a peer's log was last read.", ages(\.checked))
        add("ldr_peer_changed_age_seconds", "Since a peer's log last brought something new.", ages(\.changed))
        add(
            "ldr_peer_failing", "1 for a peer whose log could not be read the last time.",
            peers.map { (["peer": $0.site], $0.error == nil ? 0 : 1) })
    }
}
