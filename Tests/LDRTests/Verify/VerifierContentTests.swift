import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// What becomes of copies whose content is not what the metadata say: here that of all.
@Suite struct VerifierContentTests {
    private let site: ReapSite
    private let all = [SubscriptionConfiguration.named("all")]

    init() async throws { site = try await ReapSite() }

    private var verifier: Verifier {
        Verifier(
            area: site.area, catalog: site.catalog, metadata: site.cit.store, work: site.work,
            events: EventLog(path: site.directory.file("events.jsonl"), site: "cit"), limits: VerifyLimits())
    }

    private func isAside(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: site.directory.file("files/.ldr-quarantine/set/" + name))
    }

    private func publishAgain(_ name: String, at publisher: MetadataSite) async throws {
        _ = try publisher.publish(.sample(name, size: 11))
        try site.han.export()
        try await site.cit.follow(site.han)
    }

    @Test func whatATransferBroughtIsPutAside() async throws {
        try await site.fill(["a", "b"], all)
        let report = try await verifier.verify(acts: true, reads: true)
        #expect(report.corrupt == ["main/set/a", "main/set/b"] && report.differing == [] && report.refusals == [])
        #expect(isAside("a") && !site.isHere("a") && site.catalog.all.isEmpty)
        #expect(try site.state("a") == .missing)
    }

    @Test func whatHasComeMeanwhileStays() async throws {
        try await site.fill(["written", "replaced", "published", "bad"], all)
        var pass = try await verifier.compareNames(acts: true)
        let bad = try await verifier.findBad(&pass, acts: true)
        #expect(bad.count == 4)
        // The same size each: in its place, and under its name.
        try site.directory.write("yyyyyyyyyy", to: "new")
        try FileManager.default.removeItem(atPath: site.directory.file("files/set/replaced"))
        try FileManager.default.moveItem(
            atPath: site.directory.file("new"), toPath: site.directory.file("files/set/replaced"))
        let handle = try #require(FileHandle(forWritingAtPath: site.directory.file("files/set/written")))
        try handle.write(contentsOf: Data("zz".utf8))
        try handle.close()
        try await publishAgain("published", at: site.han)
        try await verifier.conclude(bad, acts: true, &pass.report)
        #expect(pass.report.corrupt == ["main/set/bad"] && pass.report.differing == [])
        #expect(site.catalog.all == [site.copy("written"), site.copy("replaced"), site.copy("published")])
        #expect(site.isHere("written") && site.isHere("replaced") && site.isHere("published") && isAside("bad"))
    }

    /// They are not corrupt, only old: the transfer of what is new takes care of them.
    @Test func whatIsToBeReplacedIsNotRead() async throws {
        try await site.fill(["a", "b"], all)
        try await publishAgain("a", at: site.han)
        #expect(try await verifier.verify(acts: false, reads: true).corrupt == ["main/set/b"])
        try await site.want(all)
        let report = try await verifier.verify(acts: true, reads: true)
        #expect(report.corrupt == ["main/set/b"] && report.differing == [] && report.read == 1)
        #expect(site.isHere("a") && site.catalog.all == [site.copy("a")])
    }

    @Test func whatNoTransferBroughtIsOnlyTold() async throws {
        // Published here, and since then by another site with other content; and one that somebody put there.
        _ = try site.cit.publish(.sample("own", size: 10))
        try await site.want(all)
        try await site.arrive("own", at: ReapSite.start)
        try await publishAgain("own", at: site.han)
        try site.directory.write("by hand", to: "files/set/found")
        try await site.catalog.registerAll([site.copy("found")])
        try await site.fill(["found"], all)
        let report = try await verifier.verify(acts: true, reads: true)
        #expect(report.corrupt == [] && report.differing == ["main/set/found", "main/set/own"])
        #expect(report.refusals.count == 1 && report.refusals.first?.contains("main/set/found") == true)
        #expect(site.isHere("own") && site.isHere("found") && site.catalog.all.count == 2)
    }
}
