import RLSCore
import RLSTestSupport
import Testing

/// Servers of the original's kind on either side, and indexes of indexes.
@Suite struct SoftStatePeerTests {
    private static let name = "myurl rls://lrc.example.org:39281"

    /// lfn1 and lfn2 in 1000 bits with 3 hashes, as seen on the wire of the original.
    private static var capturedFilter: String {
        var bytes = [UInt8](repeating: 0, count: 126)
        for (index, byte) in [(89, 0x60), (107, 0x60), (108, 0x60)] { bytes[index] = UInt8(byte) }
        return bytes.map { $0 == 0 ? "|" : String(UnicodeScalar($0)) }.joined()
    }

    @Test func anIndexOfTheOriginalGetsLists() async throws {
        let url = "rls://lrc.example.org:39281"
        let old = try FakeServer(
            [
                ("rli_update|\(url)|Alfn1|Alfn2||", "0|"), ("rli_update|\(url)|Alfn3||", "0|"),
                ("rli_update|\(url)|Dlfn1||", "0|"),
            ], otherwise: .refuses)
        let catalog = try await Site.catalog(Site.quick + [Self.name])
        try await catalog.create(["lfn1", "lfn2"])
        #expect(try await catalog.ask("lrc_rli_add|\(old.url)|0||") == "0|")
        #expect(try await succeeded(catalog))
        try await catalog.create(["lfn3"])
        #expect(try await nothingWaits(catalog))
        #expect(try await catalog.ask("lrc_delete|lfn1|p|") == "0|")
        #expect(try await nothingWaits(catalog))
        // The question that it does not know, and then all of it. What a slow database tells again is not in the script,
        // and refused.
        #expect(old.connections >= 2)
    }

    @Test func anIndexOfTheOriginalGetsItsFilter() async throws {
        let request = "rli_updatebf|rls://lrc.example.org:39281|1000|3|300|" + Self.capturedFilter
        let old = try FakeServer([(request, "0|")], otherwise: .refuses)
        let catalog = try await Site.catalog(["update_bf_int 300", "lrc_update_retry 1", Self.name])
        try await catalog.create(["lfn1", "lfn2"])
        #expect(try await catalog.ask("lrc_rli_add|\(old.url)|1||") == "0|")
        #expect(try await succeeded(catalog))
        #expect(try await catalog.ask("rls_soft_state|").hasPrefix("0|0|\(old.url)|2||"))
    }

    private func succeeded(_ catalog: Site) async throws -> Bool {
        try await eventually {
            let fields = try await catalog.ask("rls_soft_state|").split(
                separator: "|", omittingEmptySubsequences: false)
            return fields.count > 6 && fields[6] != "0"
        }
    }

    private func nothingWaits(_ catalog: Site) async throws -> Bool {
        try await eventually {
            let fields = try await catalog.ask("rls_soft_state|").split(
                separator: "|", omittingEmptySubsequences: false)
            return fields.count > 13 && fields[12] == "0" && fields[13].isEmpty
        }
    }

    @Test func aCatalogOfTheOriginal() async throws {
        let index = try await Site.index()
        let url = "rls://lrc:39281"
        #expect(try await index.ask("rli_update|\(url)|Alfn1|Alfn2|Dlfn3||") == "0|")
        #expect(try await index.ask("rli_update|\(url)|Nlfn1||") == "6|rli_update: Invalid command: N|")
        #expect(try await index.locations("lfn1") == "0|lfn1|\(url)||")
        #expect(
            try await index.ask("rli_get_lrc_wc|lfn%|0|0|") == "0|lfn2|\(url)|lfn1|\(url)||")
        #expect(try await index.ask("rli_get_lrc_wc|lfn%|1|1|") == "0|lfn1|\(url)||")
        #expect(try await index.ask("rli_get_lrc_wc|lfn%|0|1|") == "0|lfn2|\(url)|\u{1}|")
        #expect(try await index.ask("rli_mapping_exists|lfn1|\(url)|") == "0|")
        #expect(try await index.ask("rli_mapping_exists|lfn1|rls://x|") == "10|lfn1,rls://x|")
        #expect(try await index.ask("rli_lrc_list|").hasPrefix("0|\(url)|1"))
        // A list and a filter at once, from two catalogs.
        let filter = "rli_updatebf|rls://old:39281|1000|3|900|" + Self.capturedFilter
        #expect(try await index.ask(filter) == "0|")
        #expect(try await index.locations("lfn1") == "0|lfn1|\(url)|lfn1|rls://old:39281||")
        #expect(try await index.ask("rli_get_lrc_wc|lfn1|0|0|") == "0|lfn1|\(url)||")
        #expect(try await index.ask("rli_get_lrc|lfn1|0|1|") == "0|lfn1|\(url)|\u{1}|")
        #expect(try await index.ask("rli_get_lrc|lfn1|1|1|") == "0|lfn1|rls://old:39281||")
        #expect(try await index.ask("rli_get_lrc|lfn1|7|1|") == "0||")
    }

    /// Its lists do not say when the next one comes: it is asked.
    @Test func theIntervalOfTheOriginalsLists() async throws {
        let index = try await Site.index()
        let old = try FakeServer([("lrc_rli_info|\(index.url)|", "0|\(index.url)|500|0|0|")], otherwise: .refuses)
        #expect(try await index.ask("rli_update|\(old.url)|Alfn1||") == "0|")
        #expect(
            try await eventually {
                let fields = try await index.ask("rls_soft_state|").split(
                    separator: "|", omittingEmptySubsequences: false)
                guard fields.count > 8, let last = Int(fields[6]), let stale = Int(fields[8]) else { return false }
                return stale - last == 600
            })
        #expect(try await index.ask("rli_update|\(old.url)|Alfn1||") == "0|")
        #expect(old.connections == 1)
    }

    @Test func listsOfAnyLength() async throws {
        let index = try await Site.index()
        let names = (0..<150_000).map { "Aname\($0)|" }.joined()
        #expect(try await index.ask("rli_update|rls://lrc:39281|\(names)|") == "0|")
        #expect(try await index.ask("stats|").hasSuffix("|150000|1|1|150000|"))
        // A part that is refused is told when all of it has come, once.
        let bad = (0..<30_000).map { $0 == 12_345 ? "X|" : "Dname\($0)|" }.joined()
        #expect(try await index.ask("rli_update|rls://lrc:39281|\(bad)|admin|0|") == "6||0|")
    }

    @Test func filtersOnly() async throws {
        let directory = try TemporaryDirectory()
        let index = try await Site(
            [
                "lrc_server false", "rli_server true", "rli_bloomfilter true",
                "rli_bloomfilter_dir \(directory.file("filters"))",
            ], in: directory)
        #expect(try await index.ask("rli_update|rls://lrc:39281|Alfn1||") == "26|name lists|")
        #expect(try await index.ask("rli_rli_add|rls://x|0||") == "26|needs rli_db_url|")
        #expect(try await index.ask("rli_get_lrc_wc|%|0|0|") == "26|wildcards|")
    }

    // MARK: Indexes of indexes

    /// A ring of two above a catalog: the names go up under the catalog's URL, and nothing keeps itself alive.
    @Test(arguments: [false, true])
    func aRingOfIndexes(filter: Bool) async throws {
        let short = Site.quick + ["update_factor 1", "update_bf_int 3", "update_ll_int 3"]
        let catalog = try await Site.catalog(short)
        let (one, two) = (try await Site.index(short), try await Site.index(short))
        #expect(try await one.ask("rli_rli_add|\(two.url)|0||") == "0|")
        #expect(try await two.ask("rli_rli_add|\(one.url)|0||") == "0|")
        try await catalog.create(["a", "b"])
        try await catalog.add(one, filter: filter)
        #expect(try await two.finds("a", at: catalog.url))
        try await catalog.create(["c"])
        #expect(try await catalog.ask("lrc_delete|b|p|") == "0|")
        #expect(try await two.finds("c", at: catalog.url))
        #expect(try await two.loses("b"))
        // None is listed while its next update is late.
        #expect(try await eventually { try await two.ask("rli_sender_list|").hasPrefix("0|\(catalog.url)|") })
        #expect(try await one.ask("rli_rli_list|").hasPrefix("0|\(two.url)|"))
        await catalog.kill()
        for index in [one, two] { #expect(try await index.loses("a")) }
        for index in [one, two] { #expect(try await index.locations("a") == "12|a|") }
    }

    // MARK: Certificates

    @Test func betweenServersWithCertificates() async throws {
        let acl = "acl .*: all"
        let index = try await ServerProcess.startGSI([
            "lrc_server false", "rli_server true", "rli_bloomfilter true", acl,
        ])
        let catalog = try await ServerProcess.startGSI(Site.quick + [acl])
        #expect(try await catalog.cli("create", "a", "p").status == 0)
        #expect(try await catalog.admin("-A", index.url).status == 0)
        #expect(
            try await eventually {
                try await index.cli("query", "rli", "lfn", "a").output == "  a: \(catalog.url)\n"
            })
        #expect(try await index.cli("locate", "a").output == "  a: p\n")
    }
}
