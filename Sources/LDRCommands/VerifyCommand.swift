import ArgumentParser
import Foundation
import LDR
import Logging

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Compares the catalog with the storage: what is lost or corrupt is wanted again, what is dark is put aside."
    )

    @OptionGroup var options: DaemonOptions
    @Flag(help: "Tell, and change nothing.") var dryRun = false
    @Flag(help: "Compare names only, and read no content.") var names = false
    @Flag(help: "The report as one JSON object.") var json = false

    func run() async throws {
        let loop = try DaemonLoop("verify", options)
        let (site, places, events, logger) = (loop.site, loop.places, loop.events, loop.logger)
        let area = try Assembly.area(site)
        let catalog = try Assembly.catalog(site)
        let (acts, reads, json) = (!dryRun, !names, json)
        let others = [site.directory, site.logDirectory].filter { !$0.isEmpty }
        let pass: @Sendable () async throws -> String? = {
            let verifier = Verifier(
                area: area, catalog: catalog, metadata: try MetadataStore(of: site),
                work: try WorkStore(path: places.work), events: events, limits: site.verify, others: others)
            guard var pass = try await Self.compareNames(verifier, lock: acts ? places.lock("storage") : nil) else {
                return "`ldr reap` is at work: the next time"
            }
            if reads { try await verifier.readContents(&pass, acts: acts) }
            let report = pass.report
            if json { print(JSONText.line(report)) }
            for refusal in report.refusals { logger.error("\(refusal)") }
            let isClean = [report.lost, report.corrupt, report.differing, report.dark, report.forgotten]
                .allSatisfy(\.isEmpty)
            if isClean && !json { return nil }
            return "copies \(report.copies), lost \(report.lost.count), corrupt \(report.corrupt.count), "
                + "differing \(report.differing.count), dark \(report.dark.count), not in the catalog \(report.forgotten.count), read \(report.read)"
        }
        // To look, no daemon needs to be stopped.
        if dryRun {
            if let report = try await pass() { logger.info("\(report)") }
        } else {
            try await loop.run(every: Int(site.verify.interval), pass)
        }
        await catalog.close()
    }

    /// What one of them takes out of the catalog, the other must not take for lost. To read contents takes hours, for which `ldr
    /// reap` need not wait.
    /// - Parameter lock: nil to change nothing
    /// - Returns: nil while `ldr reap` is at work
    private nonisolated(nonsending) static func compareNames(
        _ verifier: Verifier, lock: String?
    ) async throws -> Verifier.Pass? {
        guard let lock else { return try await verifier.compareNames(acts: false) }
        guard let storage = try DaemonLock.ifFree(path: lock, daemon: "verify or reap") else { return nil }
        defer { withExtendedLifetime(storage) {} }
        return try await verifier.compareNames(acts: true)
    }
}
