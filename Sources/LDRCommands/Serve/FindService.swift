import HTTPTypes
import HummingbirdCore
import LDR
import RLSCore

/// What somebody asks of `/find`.
struct FindQuery: Sendable {
    let expression: Expression
    let offset: Int
    let limit: Int
    let order: MetadataFinder.Order
    let show: FindCommand.Show

    /// - Throws: 400, with what is wrong
    init(_ text: String?) throws(WebError) {
        let query = try QueryText(text)
        let known = ["q", "offset", "limit", "sort", "show"]
        if let other = query.others(than: known).first {
            throw WebError(.badRequest, "unknown parameter `\(other)`: expected \(known.joined(separator: ", "))")
        }
        guard let words = query["q"] else { throw WebError(.badRequest, "`q`, the expression, is missing") }
        do throws(ExpressionError) { expression = try Expression(parsing: words) } catch {
            throw WebError(.badRequest, error.description)
        }
        let sort = query["sort"] ?? "lfn"
        let isDescending = sort.hasPrefix("-")
        order = MetadataFinder.Order(
            FindCommand.key(isDescending ? String(sort.dropFirst()) : sort), isDescending: isDescending)
        let isStreamed = order == MetadataFinder.Order(.lfn)
        offset = try query.number("offset", 0...(isStreamed ? WebLimits.offset : WebLimits.sortedOffset), or: 0)
        limit = try query.number("limit", 1...WebLimits.files, or: 100)
        guard let show = FindCommand.Show(rawValue: query["show"] ?? "metadata") else {
            throw WebError(.badRequest, "`show` must be names, metadata or urls")
        }
        self.show = show
    }
}

/// Answers `/find`.
struct FindService: Sendable {
    private let site: SiteConfiguration
    private let places = Places(WebLimits.searches)

    init(_ site: SiteConfiguration) { self.site = site }

    func answer(_ text: String?) async throws -> Response {
        let query = try FindQuery(text)
        guard let place = places.take() else {
            throw WebError(.serviceUnavailable, "\(WebLimits.searches) searches are running already: ask again later")
        }
        defer { withExtendedLifetime(place) {} }
        let found = try await Blocking.search { [site] in try Self.search(query, site) }
        var urls: [ByteString: [ByteString]]?
        if query.show == .urls { urls = try await CopyURLs(site).urls(of: found.map(\.record.lfn)) }
        let lines = found.map { file in
            if query.show == .names { return JSONText.line(Name(lfn: file.record.lfn.description)) }
            let copies = urls.map { ($0[file.record.lfn] ?? []).map(\.description) }
            return JSONText.line(FileText(file.record, file.publisher, urls: copies))
        }
        return WebAnswer.text(lines.map { $0 + "\n" }.joined(), "application/jsonl; charset=utf-8")
    }

    private struct Name: Encodable {
        let lfn: String
    }

    private static func search(_ query: FindQuery, _ site: SiteConfiguration) throws -> [MetadataFinder.Found] {
        let store = try MetadataStore(of: site)
        let end = ContinuousClock.now + .seconds(WebLimits.searchTime)
        var asked = 0
        return try MetadataFinder(store).find(sortedBy: query.order, offset: query.offset, limit: query.limit) {
            asked += 1
            if asked.isMultiple(of: 1_024) && .now > end {
                throw WebError(
                    .serviceUnavailable, "the search took more than \(Int(WebLimits.searchTime)) s: ask for less")
            }
            return query.expression.matches($0, publisher: $1)
        }
    }
}
