import RLSCore

/// Results that come in pages.
enum Paging {
    /// Fetches page after page. Servers before 4 do not mark a page that stopped early: a full one is followed by
    /// another try.
    ///
    /// - Parameter limit: rows a page, 0 for as many as the server gives
    static func all<Item>(limit: Int, _ fetch: (Page) async throws -> ItemList<Item>) async throws -> [Item] {
        var items: [Item] = []
        while true {
            let page: ItemList<Item>
            do { page = try await fetch(Page(offset: items.count, limit: limit)) } catch let error as CatalogError
                where !items.isEmpty && [.lfnNotFound, .pfnNotFound].contains(error.code)
            {
                return items
            }
            items += page.items
            let isFull = limit > 0 && page.items.count == limit
            if page.items.isEmpty || !(page.more || isFull) { return items }
        }
    }
}
