import ArgumentParser
import LDR
import RLSCore

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says what is known of a file, and why it is here or not.")

    @OptionGroup var options: SiteOptions
    @Argument(help: "A logical name.") var lfn: String

    func run() async throws {
        let site = try options.site()
        let places = SitePlaces(site)
        let name = ByteString(lfn)
        let metadata = try MetadataStore(of: site)
        let work = try WorkStore(path: places.work)
        let known = try metadata.record(of: name)
        if let known {
            print("metadata: \(FileText(known.record, known.stamp.site, urls: nil).words)")
        } else {
            print(
                "metadata: this site does not know the file: it is not published, or the publisher's log did not come yet"
            )
            for peer in try metadata.peers() {
                let state = peer.error.map { "error: \($0)" } ?? "looked at \(Times.text(Int(peer.checked)))"
                print("  peer \(peer.position.site): \(state)")
            }
        }
        try explainWant(
            try work.want(of: name), try work.subscriptions(), known?.record, known?.stamp.site ?? "",
            site.transfer.bandwidth)
        await explainCopies(name, site, isOwn: known?.stamp.site == site.site)
        for record in try work.history(of: name, limit: 5) {
            print(
                "transfer: \(Times.text(record.ended)) \(record.url) \(record.failure ?? "done") \(record.message ?? "")"
            )
        }
    }

    private func explainWant(
        _ want: Want?, _ subscriptions: [Subscription], _ record: FileRecord?, _ publisher: String,
        _ bandwidth: BandwidthPlan
    ) throws {
        guard let want else {
            print("wanted: by no subscription")
            for subscription in subscriptions {
                guard let record else { break }
                let expression = try Expression(parsing: subscription.configuration.expression)
                let text =
                    expression.matches(record, publisher: publisher)
                    ? "wants it; `ldr want` has not seen it yet" : "does not match"
                print("  \(subscription.name): \(text): \(expression)")
            }
            return
        }
        let names = subscriptions.filter { want.subscriptions & $0.bit != 0 }.map(\.name)
        print("wanted: by \(names.joined(separator: ", ")) since \(Times.text(want.since))")
        print("state: \(Self.words(want))")
        if want.state == .queued, let limit = SiteStatus.BandwidthStatus(bandwidth, at: WorkStore.now) {
            print("  \(StatusText.bandwidth(limit))")
        }
    }

    private static func words(_ want: Want) -> String {
        let reason = want.reason.map { ": \($0)" } ?? ""
        return switch want.state {
        case .present: "here"
        case .active: "being fetched from \(want.source ?? "?")"
        case .queued: "queued, to be fetched from \(want.source ?? "?")"
        case .staging where want.reason == nil: "to be brought back by \(want.source ?? "?") before it is fetched"
        case .staging:
            "being brought back by \(want.source ?? "?"), asked again \(Times.text(want.nextTry))\(reason)"
        case .held: "held back\(reason)"
        case .expired: "removed after its time\(reason); `ldr retry` with its name brings it back"
        case .stuck: "stuck after \(want.attempts) attempts, tried again \(Times.text(want.nextTry))\(reason)"
        case .missing where want.attempts > 0:
            "missing, \(want.attempts) attempts, tried again \(Times.text(want.nextTry))\(reason)"
        case .missing: "missing, to be scheduled\(reason)"
        }
    }

    private func explainCopies(_ lfn: ByteString, _ site: SiteConfiguration, isOwn: Bool) async {
        do {
            let catalog = try Assembly.catalog(site)
            let copies = try await catalog.copies(of: [lfn])
            await catalog.close()
            print(copies.isEmpty ? "copies here: none in the catalog" : "copies here:")
            let area = try? Assembly.area(site)
            for copy in copies {
                let counts = isOwn || area?.locate(pfn: copy.pfn) != nil
                print("  \(copy.pfn)\(counts ? "" : " (in no partition of this site: it does not count as here)")")
            }
        } catch { print("copies here: the catalog does not say: \(error)") }
        if site.rlis.isEmpty { return }
        let finder = IndexedReplicaFinder(indexes: site.rlis)
        do {
            let found = try await finder.find([lfn])
            print(found.urls.isEmpty ? "copies anywhere: none that the index knows" : "copies anywhere:")
            for url in found.urls[lfn] ?? [] { print("  \(url)") }
            for url in found.mistaken[lfn] ?? [] { print("  asked, and without one: \(url)") }
            for problem in found.problems { print("  not asked: \(problem)") }
        } catch { print("copies anywhere: the index does not say: \(error)") }
        await finder.close()
    }
}
