import RLSCore

/// Lands files, also where an earlier content of the same file has the place, which goes into quarantine.
///
/// The catalog has had the place under the file's name all the while, and keeps it: its promise, wrong since the metadata
/// changed, becomes right when the new content has the name. Taken out first, it would be honest sooner, but after a kill in
/// between nobody could tell whose file it is that stands there. Killed between the move into quarantine and the rename, the
/// place is free, and the complete temporary file takes it in the next pass.
package struct Replacement: Sendable {
    private let site: String
    private let area: StorageArea
    private let catalog: any CopyCatalog
    private let landing: Landing
    private let events: EventLog

    package init(site: String, area: StorageArea, catalog: any CopyCatalog, landing: Landing, events: EventLog) {
        self.site = site
        self.area = area
        self.catalog = catalog
        self.landing = landing
        self.events = events
    }

    /// - Parameters:
    ///   - wasFetched: whether a transfer has brought the file before
    ///   - known: what is known of it now; the plan may be hours old
    func land(
        _ request: TransferRequest, _ plan: ArrivalPlan, wasFetched: Bool,
        known: @Sendable () async throws -> KnownFile
    ) async throws(TransferFailure) {
        let (root, name) = (plan.partition.root, ByteString(plan.path))
        do throws(TransferFailure) { _ = try await landing.land(request, root: root, name: name) } catch {
            guard error.kind == .occupied else { throw error }
            let now = try await asking { try await known() }
            guard now.isStill(plan) else {
                // Nobody would continue a part of other content.
                FileCalls.remove(request.destination)
                throw TransferFailure(.other, "the file's metadata have changed since the transfer began")
            }
            try await check(plan, wasFetched && now.isBrought)
            let quarantine = Quarantine(plan.partition)
            _ = try await landing.land(request, root: root, name: name) { quarantine.take(plan.path) }
            events.write(Event(.replaced, plan.want.lfn, message: plan.pfn.description))
        }
        if wasFetched, let now = try? await known(), now.isBrought, now.isStill(plan) { await putAsideOthers(plan) }
    }

    // MARK: What may be replaced

    /// Only what was brought here as this file.
    private func check(_ plan: ArrivalPlan, _ wasFetched: Bool) async throws(TransferFailure) {
        let place = "\(plan.partition.root)/\(plan.path)"
        if plan.publisher == site {
            throw TransferFailure(
                .occupied, "\(place): has other content than this site published: publish it again, or move it away")
        }
        let owners = try await asking { try await catalog.owners(of: [plan.pfn]) }.map(\.lfn)
        if let other = owners.first(where: { $0 != plan.want.lfn }) {
            throw TransferFailure(
                .occupied, "\(place): is the copy of \(other), and `layout` gives both files this place: change it")
        }
        guard owners.contains(plan.want.lfn), wasFetched else {
            throw TransferFailure(
                .occupied,
                "\(place): another file with other content has this name, which no transfer of \(plan.want.lfn) brought: "
                    + "verify it, or move it away")
        }
        guard await landing.standing(plan.record, root: plan.partition.root, name: plan.path) == .other else {
            throw TransferFailure(
                .occupied,
                "\(place): may be what the metadata say, which have no checksum: publish it with one, or move it away")
        }
    }

    private func asking<Value>(_ body: () async throws -> Value) async throws(TransferFailure) -> Value {
        do { return try await body() } catch { throw TransferFailure(.catalog, "\(error)") }
    }

    // MARK: Earlier copies elsewhere

    /// Earlier content in other places of this site. What goes wrong here `ldr verify` will find as corrupt.
    private func putAsideOthers(_ plan: ArrivalPlan) async {
        guard plan.publisher != site, let copies = try? await catalog.copies(of: [plan.want.lfn]) else { return }
        for copy in copies where copy.pfn != plan.pfn {
            guard let (partition, path) = area.locate(pfn: copy.pfn), !partition.isReadOnly,
                await landing.standing(plan.record, root: partition.root, name: path) == .other,
                (try? await catalog.unregister([copy])) != nil
            else { continue }
            if Quarantine(partition).take(path) == nil {
                events.write(Event(.replaced, plan.want.lfn, message: copy.pfn.description))
            }
        }
    }
}

/// What is known of a file at a time.
struct KnownFile: Sendable {
    /// nil for one that is in no site's metadata any longer.
    let described: DescribedFile?
    /// Whether a transfer brought it, and this site has not published it itself.
    let isBrought: Bool

    /// Whether it is the content that was planned, from somebody who counts as its publisher in the same way.
    func isStill(_ plan: ArrivalPlan) -> Bool {
        guard let described else { return false }
        return described.publisher == plan.publisher && described.record.size == plan.record.size
            && described.record.checksums == plan.record.checksums
    }
}
