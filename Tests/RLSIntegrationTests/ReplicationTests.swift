import Foundation
import RLSCore
import RLSTestSupport
import Testing

/// Whole sites that replicate files, with real servers and the `ldr` program.
@Suite struct ReplicationTests {
    private static let all = "subscription all : size >= 0"

    /// One that publishes, and others that want everything.
    private func sites(
        _ names: [String], _ lines: [String] = [], mirrors: [String: ReplicationSite.Access] = [:]
    ) async throws -> [ReplicationSite] {
        var sites: [ReplicationSite] = []
        for name in names { sites.append(try await ReplicationSite(name, mirrors[name] ?? .web())) }
        let subscribers = names.dropFirst().map { ($0, [Self.all] + lines) }
        try await ReplicationSite.connect(sites, Dictionary(uniqueKeysWithValues: subscribers))
        return sites
    }

    @Test(.timeLimit(.minutes(10))) func threeSitesOverGridFTPComplete() async throws {
        let sites = try await sites(
            ["hanford", "livingston", "caltech"],
            mirrors: ["hanford": .gridFTP, "livingston": .gridFTP, "caltech": .gridFTP])
        var masters: [RunningProgram] = []
        for site in sites { masters.append(try await site.master()) }
        let files = SampleFile.some(8)
        try await sites[0].publish(files, isMastered: true)
        for site in sites.dropFirst() {
            let isComplete = try await eventually(seconds: 40) { try await site.status().present == files.count }
            #expect(isComplete, "\(masters.map(\.errors))")
            #expect(site.contents() == files)
        }
        for master in masters { master.signal(SIGTERM) }
        for master in masters { #expect(try await master.end(seconds: 30) == 0) }
        for site in sites {
            let mappings = try await site.mappings()
            #expect(mappings.map(\.lfn.description).sorted() == files.keys.sorted())
            #expect(Set(mappings.map(\.pfn.description)).count == files.count)
            #expect(site.leftovers() == [])
        }
        let urls = Set(sites.map(\.server.url))
        for site in sites {
            for name in files.keys.sorted().prefix(2) {
                let known = try await eventually {
                    let output = try await site.server.cli("query", "rli", "lfn", name).output
                    return urls.allSatisfy { output.contains($0) }
                }
                #expect(known)
            }
        }
    }

    @Test(.timeLimit(.minutes(10))) func metadataMayBeInADatabase() async throws {
        let publisher = try await ReplicationSite("publisher", metadata: .postgresql)
        let readers = [
            try await ReplicationSite("file", metadata: .sqlite),
            try await ReplicationSite("base", metadata: .postgresql),
        ]
        let wants = ["subscription all : size >= 0 and publisher = 'publisher'"]
        try await ReplicationSite.connect([publisher] + readers, ["file": wants, "base": wants])
        // The logs of the others are not written yet: what it says of the database counts.
        let check = try await publisher.run(["check"]).output
        #expect(check.contains("ok     metadata of 0 files in postgresql://"), "\(check)")
        let files = SampleFile.some(5)
        try await publisher.publish(files)
        for reader in readers {
            #expect(try await reader.comesToHave(5))
            #expect(reader.contents() == files)
            let found = try await reader.ldr("find", "publisher = 'publisher'").split(separator: "\n")
            #expect(found.map(String.init) == files.keys.sorted())
        }
        let isFile = { (site: ReplicationSite) in
            FileManager.default.fileExists(atPath: site.directory.file("state/metadata.db"))
        }
        #expect(!isFile(publisher) && isFile(readers[0]) && !isFile(readers[1]))
        try await publisher.ldr("withdraw", "file-0")
        try await publisher.ldr("metadata", "--once")
        for reader in readers {
            try await reader.cycle()
            #expect(try await reader.status().files == 4)
        }
        try await publisher.ldr("metadata", "--new-epoch")
        try await publisher.ldr("metadata", "--once")
        try await readers[1].cycle()
        #expect(try await readers[1].status().peers.first { $0.site == "publisher" }?.error == nil)
    }

    @Test(.timeLimit(.minutes(10))) func wrongBytesAreRefusedAndAnotherSourceIsTaken() async throws {
        let sites = try await sites(["publisher", "liar", "reader"], mirrors: ["liar": .web("wrong")])
        let (publisher, liar, reader) = (sites[0], sites[1], sites[2])
        let files = SampleFile.some(3)
        try await publisher.publish(files)
        #expect(try await liar.comesToHave(3))
        let right = try await publisher.mappings()
        for copy in right {
            let outcome = try await publisher.server.cli("delete", copy.lfn.description, copy.pfn.description)
            #expect(outcome.status == 0)
        }
        #expect(
            try await eventually {
                try await reader.cycle()
                return try await reader.status().sources.contains { $0.failed >= 3 }
            })
        let explanation = try await reader.ldr("explain", "file-0")
        #expect(explanation.contains("state: missing") && explanation.contains("checksumDiffers"), "\(explanation)")
        #expect(reader.contents().isEmpty)
        #expect(try await reader.mappings().isEmpty)
        try await publisher.publish(files)
        #expect(try await publisher.mappings().count == 3)
        #expect(try await reader.comesToHave(3))
        #expect(reader.contents() == files)
        #expect(reader.leftovers() == [])
    }

    @Test(.timeLimit(.minutes(10))) func staleAnswersLeadToAnotherSourceOrAReason() async throws {
        let sites = try await sites(["publisher", "mirror", "reader"], ["attempts 2"])
        let (publisher, mirror, reader) = (sites[0], sites[1], sites[2])
        try await publisher.publish(SampleFile.some(1, "both"))
        #expect(try await mirror.comesToHave(1))
        try await publisher.publish(SampleFile.some(1, "gone"))
        // One that is registered and gone, and one whose mirrored copy is the only one left.
        for name in ["gone-0", "both-0"] { try FileManager.default.removeItem(atPath: publisher.root + "/" + name) }
        let isSettled = try await eventually {
            for daemon in ["metadata", "want", "schedule", "transfer"] { try await reader.ldr(daemon, "--once") }
            let subscription = try await reader.status().subscriptions[0]
            return subscription.present == 1 && subscription.stuck == 1
        }
        let history = try await reader.ldr("history")
        #expect(isSettled, "\(history)")
        #expect(reader.contents().keys.sorted() == ["both-0"])
        let explanation = try await reader.ldr("explain", "gone-0")
        #expect(
            explanation.contains("stuck after 2 attempts") && explanation.contains("sourceMissing"), "\(explanation)")
        let attempts = try await reader.ldr("history", "gone-0").split(separator: "\n").count
        #expect(attempts == 2)
        try await reader.cycle()
        #expect(try await reader.ldr("history", "gone-0").split(separator: "\n").count == 3)
    }

    @Test(.timeLimit(.minutes(10))) func aCatalogThatIsDownIsNamedAsTheReason() async throws {
        let sites = try await sites(["publisher", "reader"])
        try await sites[0].publish(SampleFile.some(2))
        try await sites[1].ldr("metadata", "--once")
        #expect(
            try await eventually {
                try await sites[1].server.cli("query", "rli", "lfn", "file-0").output.contains(sites[0].server.url)
            })
        await sites[0].server.killHard()
        for daemon in ["want", "schedule", "transfer"] { try await sites[1].ldr(daemon, "--once") }
        let explanation = try await sites[1].ldr("explain", "file-0")
        #expect(explanation.contains("a catalog was not asked") && explanation.contains(sites[0].server.url))
        #expect(try await sites[1].status().subscriptions[0].missing == 2)
    }

    @Test(.timeLimit(.minutes(10))) func aSubscriberThatWasAwayBecomesComplete() async throws {
        let sites = try await sites(["publisher", "reader"])
        let (publisher, reader) = (sites[0], sites[1])
        let early = SampleFile.some(4, "early")
        try await publisher.publish(early)
        #expect(try await reader.comesToHave(4))
        // Nothing of the reader runs meanwhile.
        let late = SampleFile.some(20, "late")
        try await publisher.publish(late)
        try await publisher.ldr("withdraw", "late-3", "late-7", "early-1")
        try await publisher.publish(SampleFile.some(2, "last"))
        #expect(try await reader.comesToHave(early.count - 1 + late.count - 2 + 2))
        let names = Set(reader.contents().keys)
        #expect(names.isSuperset(of: ["late-0", "last-1", "early-1"]))
        #expect(!names.contains("late-3") && !names.contains("late-7"))
        let status = try await reader.status()
        #expect(status.files == 23 && status.subscriptions[0].wanted == 23)
    }

    @Test(.timeLimit(.minutes(10))) func anyNameArrivesUnderASafePath() async throws {
        let sites = try await sites(["publisher", "reader"])
        let (publisher, reader) = (sites[0], sites[1])
        let names = [
            "../../etc/passwd", "/absolute", "..", "a blank and\ttab", "two\nlines", "ümläut/漢字", "it's \"quoted\"",
            "100%25 %2e%2e/x", ".hidden", "-rf", "back\\slash", "question?query#fragment", "*{a,b}[c]$HOME`id`",
            String(repeating: "long", count: 60),
        ]
        var manifest = ""
        for (index, name) in names.enumerated() {
            let path = try publisher.write(SampleFile.content(name, bytes: 1_000), to: "data/\(index)")
            manifest += "\(path) \"\(Self.quoted(name))\"\n"
        }
        try await publisher.publish(manifest: manifest)
        #expect(try await reader.comesToHave(names.count))
        let contents = reader.contents()
        #expect(contents.count == names.count)
        #expect(Set(contents.values) == Set(names.map { SampleFile.content($0, bytes: 1_000) }))
        let mappings = try await reader.mappings()
        #expect(Set(mappings.map(\.lfn)) == Set(names.map { ByteString($0) }))
        #expect(mappings.count == names.count)
        for name in names {
            let found = try await reader.ldr("explain", "--", name)
            #expect(found.contains("state: here"), "\(name): \(found)")
        }
        // A second site takes them from the first subscriber as well: its URLs are good.
        #expect(try await reader.ldr("verify", "--once", "--json").contains(#""lost":[]"#))
    }

    private static func quoted(_ name: String) -> String {
        name.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n").replacingOccurrences(of: "\t", with: "\\t")
    }

    @Test(.timeLimit(.minutes(10))) func aDaemonThatIsToldToEndLosesNothing() async throws {
        let sites = try await sites(["publisher", "reader"], mirrors: ["publisher": .web("slow")])
        let (publisher, reader) = (sites[0], sites[1])
        let large = ["large": SampleFile.large("large", megabytes: 64)]
        try await publisher.publish(large)
        #expect(
            try await eventually {
                for daemon in ["metadata", "want", "schedule"] { try await reader.ldr(daemon, "--once") }
                return try await reader.status().subscriptions[0].queued == 1
            })
        let daemon = try await reader.daemon("transfer")
        // On a thread of its own: the file must not be complete before the signal is sent.
        try await blocking {
            let end = ContinuousClock.now + .seconds(Patience.seconds(20))
            while !reader.partialSizes.contains(where: { $0 > 5 << 20 }) && ContinuousClock.now < end { usleep(5_000) }
            daemon.signal(SIGTERM)
        }
        #expect(try await daemon.end(seconds: 15) == 0)
        #expect(try await reader.status().subscriptions[0].queued == 1)
        #expect(reader.contents().isEmpty)
        try await reader.ldr("transfer", "--once")
        #expect(reader.contents() == large)
        let history = try await reader.ldr("history", "--json")
        let moved = history.firstMatch(of: /"bytes":(\d+)/).flatMap { Int($0.1) } ?? 0
        #expect(0 < moved && moved < 60 << 20, "\(history)")
    }

    @Test(.timeLimit(.minutes(10))) func filesThatAreThereAreRegisteredAndNotFetchedAgain() async throws {
        let sites = try await sites(["publisher", "reader"])
        let (publisher, reader) = (sites[0], sites[1])
        let files = SampleFile.some(4)
        try await publisher.publish(files)
        #expect(try await reader.comesToHave(4))
        // The work database is lost, and half of the catalog.
        for copy in try await reader.mappings().prefix(2) {
            let outcome = try await reader.server.cli("delete", copy.lfn.description, copy.pfn.description)
            #expect(outcome.status == 0)
        }
        for end in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: reader.directory.file("state/work.db\(end)"))
        }
        #expect(try await reader.comesToHave(4))
        #expect(try await reader.mappings().count == 4)
        let history = try await reader.ldr("history", "--json").split(separator: "\n")
        #expect(history.count == 2 && history.allSatisfy { $0.contains("\"bytes\":0,") }, "\(history)")
        #expect(reader.contents() == files)
    }

    @Test(.timeLimit(.minutes(10))) func whatIsPutIntoAWatchedDirectoryGoesToOthers() async throws {
        let publisher = try await ReplicationSite("publisher")
        let reader = try await ReplicationSite("reader")
        try await ReplicationSite.connect(
            [publisher, reader],
            [
                "publisher": ["watch \(publisher.root)/new collection=new complete_after=1s"],
                "reader": ["subscription new : collection = 'new'", "layout {collection}/{lfn}"],
            ])
        try publisher.write(SampleFile.content("early", bytes: 1_000), to: "new/early")
        let masters = [try await publisher.master(), try await reader.master()]
        try publisher.write(SampleFile.content("late", bytes: 1_000), to: "new/late")
        #expect(try await eventually(seconds: 30) { reader.contents().count == 2 }, "\(masters.map(\.errors))")
        let wanted = ["early", "late"].map { ("new/\($0)", SampleFile.content($0, bytes: 1_000)) }
        #expect(reader.contents() == Dictionary(uniqueKeysWithValues: wanted))
        for master in masters { master.signal(SIGTERM) }
        for master in masters { #expect(try await master.end(seconds: 30) == 0) }
    }

    @Test(.timeLimit(.minutes(10))) func aFullDiskIsAStateAndNoLoss() async throws {
        let sites = try await sites(["publisher", "reader"])
        let (publisher, reader) = (sites[0], sites[1])
        let files = SampleFile.some(3)
        try reader.configure(peers: [publisher], [Self.all, "attempts 2"], partition: "reserve=8000T")
        try await publisher.publish(files)
        #expect(
            try await eventually {
                for daemon in ["metadata", "want", "schedule", "transfer"] { try await reader.ldr(daemon, "--once") }
                return try await reader.ldr("explain", "file-1").contains("diskFull")
            })
        let explanation = try await reader.ldr("explain", "file-1")
        #expect(explanation.contains("state: missing") && explanation.contains("diskFull"), "\(explanation)")
        #expect(try await reader.status().subscriptions[0].missing == 3)
        // However often: a disk without room says nothing against the file or the source.
        for _ in 0..<3 { try await reader.cycle() }
        let status = try await reader.status()
        #expect(status.subscriptions[0].stuck == 0 && status.sources.allSatisfy { $0.failed == 0 })
        #expect(reader.contents().isEmpty)
        try reader.configure(peers: [publisher], [Self.all])
        #expect(try await reader.comesToHave(3))
        #expect(reader.contents() == files)
    }
}
