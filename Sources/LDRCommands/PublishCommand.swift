import ArgumentParser
import Foundation
import LDR
import Logging
import RLSCore
import SystemPackage

struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publishes files that lie in the site's partitions; without files, what the configuration watches.")

    @OptionGroup var options: DaemonOptions
    @Argument(help: "Files, directories, or wildcards.", completion: .file()) var paths: [String] = []
    @Option(help: "A file with lines `path [lfn] [size] [type:checksum]`; - for standard input.", completion: .file())
    var manifest: String?
    @Option(help: "The set that the files belong to.") var collection = ""
    @Option(name: [.short, .long], help: "name=value, for all files; numbers are numbers.") var attribute: [String] = []
    @Flag(help: "Names are paths below the directories that are given.") var tree = false
    @Flag(help: "Follow symbolic links.") var followLinks = false

    func run() async throws {
        if paths.isEmpty && manifest == nil { return try await watch() }
        let site = try options.site.site()
        let report = try await PublishRun(site, collection: collection, attributes: try attributes())
            .publish(try collect(site), logger: options.site.logger("publish"))
        print("published \(report.new + report.changed) files, \(report.unchanged) were known")
        for problem in report.problems { FileHandle.standardError.write(Data("ldr: \(problem)\n".utf8)) }
        if !report.problems.isEmpty { throw ExitCode.failure }
    }

    private func collect(_ site: SiteConfiguration) throws -> [FileCollector.Found] {
        var collector = FileCollector(
            followsLinks: followLinks, naming: tree ? .belowArgument : .lastComponent,
            leaving: OwnDirectories(site).avoided(try Assembly.area(site).partitions))
        var found: [FileCollector.Found] = []
        let here = FilePath(FileManager.default.currentDirectoryPath)
        collector.collect(paths.map { here.pushing(FilePath($0)) }) { found.append($0) }
        if let manifest {
            collector.collect(manifest: manifest == "-" ? "-" : here.pushing(FilePath(manifest))) { found.append($0) }
        }
        return found
    }

    private func attributes() throws -> [String: MetadataValue] {
        var attributes: [String: MetadataValue] = [:]
        for word in attribute {
            guard let sign = word.firstIndex(of: "="), sign > word.startIndex else {
                throw ValidationError("--attribute \(word): expected name=value")
            }
            attributes[String(word[..<sign])] = Self.value(String(word[word.index(after: sign)...]))
        }
        return attributes
    }

    private static func value(_ text: String) -> MetadataValue {
        Int64(text).map { .integer($0) } ?? Double(text).flatMap { $0.isFinite ? .number($0) : nil } ?? .text(text)
    }

    private func watch() async throws {
        let loop = try DaemonLoop("publish", options)
        if loop.site.watches.isEmpty {
            throw ValidationError("no files are given, and the configuration watches no directory")
        }
        let watcher = WatchedDirectories(
            loop.site.watches, leaving: OwnDirectories(loop.site).avoided(try Assembly.area(loop.site).partitions))
        let (site, logger, quietly) = (loop.site, loop.logger, options.once)
        try await loop.run {
            var report = PublishReport()
            let found = await watcher.complete(waiting: quietly)
            for (index, (watch, files)) in found.enumerated() {
                let done: PublishReport
                do {
                    let run = try PublishRun(site, collection: watch.collection, attributes: [:], isWatch: true)
                    done = try await run.publish(files, logger: logger)
                } catch {
                    // As when the catalog is down: neither these files nor those of the next watches shall be forgotten.
                    await watcher.retry(found[index...].flatMap { $0.1.compactMap(\.path) })
                    throw error
                }
                report.new += done.new
                report.changed += done.changed
                await watcher.retryLater(done.problems.map(\.path))
                for problem in done.problems { logger.error("not published", metadata: ["cause": "\(problem)"]) }
            }
            try await watcher.forgetGone(in: SitePlaces(site).work)
            return report.new + report.changed > 0 ? "published \(report.new + report.changed) files" : nil
        }
    }
}

/// Publishes with the site's settings.
struct PublishRun {
    private let site: SiteConfiguration
    private let settings: Publisher.Settings

    /// - Parameter isWatch: only what is new or changed is published
    init(
        _ site: SiteConfiguration, collection: String, attributes: [String: MetadataValue], isWatch: Bool = false
    ) throws {
        self.site = site
        var settings = Publisher.Settings()
        settings.collection = collection
        settings.attributes = attributes
        settings.own = OwnDirectories(site)
        settings.rules = NameRules(try site.nameRules.map { try NameRules.rule(configured: $0) })
        // With other rules or another collection, the same files have other metadata.
        if isWatch { settings.onlyNews = ([collection] + site.nameRules).joined(separator: "\n") }
        self.settings = settings
    }

    func publish(_ found: [FileCollector.Found], logger: Logger) async throws -> PublishReport {
        let places = SitePlaces(site)
        let catalog = try Assembly.catalog(site)
        let watched = site.watches.map { FilePath($0.directory).lexicallyNormalized() }
        let publisher = Publisher(
            try Assembly.area(site), metadata: try MetadataStore(of: site),
            catalog: catalog,
            events: EventLog(path: places.events, site: site.site),
            threads: FileThreads(ProcessInfo.processInfo.activeProcessorCount), settings: settings,
            memory: try WorkStore(path: places.work),
            remembers: { path in watched.contains { path.lexicallyNormalized().starts(with: $0) } })
        var (files, problems) = ([CandidateFile](), [FileProblem]())
        for item in found {
            switch item {
            case .file(let file): files.append(file)
            case .problem(let problem): problems.append(problem)
            }
        }
        var report = try await publisher.publish(files)
        report.problems = problems + report.problems
        await catalog.close()
        return report
    }
}

/// The directories that the configuration watches, and what has been seen there.
actor WatchedDirectories {
    private let watches: [WatchConfiguration]
    private let leaving: [FilePath]
    private var states: [DirectoryWatch]
    /// What each directory had at the last look, when that is going to be asked; nil where some of it could not be read.
    private var there: [Set<FilePath>?]
    private var nextForgetting = ContinuousClock.now
    private let began = ContinuousClock.now

    /// - Parameter leaving: directories in them whose files are not meant
    init(_ watches: [WatchConfiguration], leaving: [FilePath]) {
        self.watches = watches
        self.leaving = leaving
        there = watches.map { _ in nil }
        states = watches.map { DirectoryWatch(quiet: TimeSpan(milliseconds: Int64($0.completeAfter) * 1_000)) }
    }

    /// - Parameter waiting: look again when files may be complete: for a single pass
    func complete(waiting: Bool) async -> [(WatchConfiguration, [FileCollector.Found])] {
        var found = scan()
        if waiting {
            let longest = watches.map(\.completeAfter).max() ?? 0
            try? await Task.sleep(for: .seconds(longest))
            found += scan()
        }
        return found
    }

    private func scan() -> [(WatchConfiguration, [FileCollector.Found])] {
        let (now, order) = (now, WatchOrder(watches.map { FilePath($0.directory) }))
        return watches.indices.compactMap { index in
            var collector = FileCollector(naming: .belowArgument, leaving: leaving)
            var (files, result) = ([FilePath: CandidateFile](), [FileCollector.Found]())
            collector.collect([FilePath(watches[index].directory)]) { item in
                switch item {
                case .file(let file): files[file.state.path] = file
                case .problem: result.append(item)
                }
            }
            let isWhole = result.isEmpty && !files.isEmpty && ContinuousClock.now >= nextForgetting
            there[index] = isWhole ? Set(files.keys) : nil
            let complete = states[index].scan(files.values.map(\.state), now: now)
            result += complete.compactMap { files[$0.path] }.map { file in
                order.problem(file, in: index).map { .problem($0) } ?? .file(file)
            }
            return result.isEmpty ? nil : (watches[index], result)
        }
    }

    /// What was published and is gone needs no memory: once a day.
    func forgetGone(in work: String) throws {
        if ContinuousClock.now < nextForgetting { return }
        nextForgetting = .now + .seconds(86_400)
        let store = try WorkStore(path: work)
        for (watch, there) in zip(watches, there) {
            guard let there else { continue }
            try store.forgetPublished(below: FilePath(watch.directory)) { there.contains($0) }
        }
    }

    /// What did not come to be published by no fault of the files.
    func retry(_ paths: [FilePath]) {
        for path in paths { for index in states.indices { states[index].retry(path) } }
    }

    func retryLater(_ paths: [FilePath]) {
        for path in paths { for index in states.indices { states[index].retryLater(path, now: now) } }
    }

    /// Milliseconds of a clock that nobody sets.
    private var now: Int64 {
        let time = (ContinuousClock.now - began).components
        return time.seconds * 1_000 + time.attoseconds / 1_000_000_000_000_000
    }
}

extension FileCollector.Found {
    /// nil for a problem.
    fileprivate var path: FilePath? {
        if case .file(let file) = self { file.state.path } else { nil }
    }
}
