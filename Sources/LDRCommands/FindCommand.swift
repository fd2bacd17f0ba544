import ArgumentParser
import LDR
import RLSClient
import RLSCore

struct FindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find", abstract: "Finds files by what is known of them.",
        discussion: "Example: ldr find \"frameType = 'R' and gpsStart >= 1126256640\" --show urls")

    enum Show: String, ExpressibleByArgument, CaseIterable, Sendable { case names, metadata, urls }

    @OptionGroup var options: SiteOptions
    @Argument(help: "An expression: attributes, lfn, size, collection, publisher; = != < <= > >= like in and or not.")
    var expression: String
    @Option(help: "What to print.") var show = Show.names
    @Option(help: "Files to leave out at the beginning.") var offset = 0
    @Option(help: "Files to print.") var limit: Int?
    @Option(help: "Sort by this attribute, or lfn or size.") var sort = "lfn"
    @Flag(help: "The last first.") var descending = false
    @Flag(help: "One JSON object a line.") var json = false

    func run() async throws {
        let site = try options.site()
        let expression = try Expression(parsing: expression)
        let store = try MetadataStore(of: site)
        let order = MetadataFinder.Order(Self.key(sort), isDescending: descending)
        let matches: (FileRecord, String) -> Bool = { expression.matches($0, publisher: $1) }
        let finder = MetadataFinder(store)
        if show != .urls {
            return try finder.find(sortedBy: order, offset: offset, limit: limit, matches: matches) { print(text($0)) }
        }
        let found = try finder.find(sortedBy: order, offset: offset, limit: limit, matches: matches)
        let urls = try await CopyURLs(site).urls(of: found.map(\.record.lfn))
        for file in found {
            let copies = urls[file.record.lfn] ?? []
            if json { print(JSONText.line(FileText(file.record, file.publisher, urls: copies.map(\.description)))) }
            if !json { for url in copies { print(url) } }
        }
    }

    static func key(_ word: String) -> MetadataFinder.Key {
        switch word {
        case "lfn": .lfn
        case "size": .size
        case "collection": .collection
        case "publisher": .publisher
        default: .attribute(word)
        }
    }

    private func text(_ file: MetadataFinder.Found) -> String {
        if json { return JSONText.line(FileText(file.record, file.publisher, urls: nil)) }
        return show == .names ? file.record.lfn.description : FileText(file.record, file.publisher, urls: nil).words
    }
}

/// URLs of copies, those of this site first.
struct CopyURLs {
    private let site: SiteConfiguration

    init(_ site: SiteConfiguration) { self.site = site }

    func urls(of lfns: [ByteString]) async throws -> [ByteString: [ByteString]] {
        let catalog = try Assembly.catalog(site)
        var urls = Dictionary(grouping: try await catalog.copies(of: lfns), by: \.lfn).mapValues { $0.map(\.pfn) }
        await catalog.close()
        if site.rlis.isEmpty { return urls }
        let finder = IndexedReplicaFinder(indexes: site.rlis)
        for (lfn, others) in try await finder.find(lfns).urls {
            let local = urls[lfn] ?? []
            urls[lfn] = local + others.filter { !local.contains($0) }
        }
        await finder.close()
        return urls
    }
}
