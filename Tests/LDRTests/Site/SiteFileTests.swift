import Foundation
import RLSStoragePostgreSQL
import Testing

@testable import LDR

@Suite struct SiteFileTests {
    private static let least = "site cit\ndirectory /var/lib/ldr\n"

    @Test func everyKeyword() throws {
        let site = try SiteFile.parse(
            """
            # A site.
            site   cit
            directory /var/lib/ldr/
            metadata postgresql://ldr:secret@db1:5433/ldr
            lrc rls://localhost
            rli rls://a:1
            rli rlsn://b
            layout {frameType}/{lfn}
            partition one /data/1 gsiftp://se:2811/data/1/ reserve=10G
            partition old /data/0 gsiftp://se:2811/data/0 draining read-only
            log_directory /var/lib/ldr/log
            peer wisc https://ldr.wisc.example.org/log/wisc
            name_rule ligo-frame
            partition tape /tape gsiftp://se:2811/tape tape
            stage_command gsiftp://arc/tape bring-online -t %s %u
            stage_interval 5m
            watch /incoming collection=raw complete_after=2m
            subscription raw priority=80 lifetime=30d volume=1T : frameType = 'R' and lfn like '%:%'
            queue_length 10
            transfer_command root xrdcp --nopbar %u %p
            bandwidth 1M
            bandwidth off sat,sun
            verify_refusal 7
            """, named: "f")
        #expect(site.site == "cit" && site.directory == "/var/lib/ldr" && site.rlis.count == 2)
        #expect(
            site.partitions[0]
                == PartitionConfiguration(
                    name: "one", root: "/data/1", url: "gsiftp://se:2811/data/1", reserve: 10 << 30))
        #expect(site.partitions[2].isReadOnly && site.partitions[2].isTape && site.stage.interval == 300)
        #expect(
            site.stageCommands == [
                StageConfiguration(prefix: "gsiftp://arc/tape/", command: "bring-online -t %s %u")
            ])
        #expect(site.partitions[1].isDraining && site.partitions[1].isReadOnly)
        #expect(site.peers == [PeerConfiguration(site: "wisc", url: "https://ldr.wisc.example.org/log/wisc")])
        #expect(site.watches == [WatchConfiguration(directory: "/incoming", collection: "raw", completeAfter: 120)])
        #expect(
            site.subscriptions == [
                SubscriptionConfiguration(
                    name: "raw", expression: "frameType = 'R' and lfn like '%:%'", priority: 80, lifetime: 30 * 86_400,
                    maximumVolume: 1 << 40)
            ])
        #expect(site.metadata?.place == "postgresql://db1:5433/ldr")
        #expect(site.queue.length == 10 && site.commands == ["root": "xrdcp --nopbar %u %p"])
        #expect(site.transfer.bandwidth.rules.map(\.limit) == [.rate(1 << 20), .off] && site.verify.refusal == 0.07)
    }

    @Test(arguments: [
        ("sight x", "f:3: unknown keyword `sight`"), ("interval", "f:3: `interval` has no value; expected 1 to 86400"),
        ("interval 0", "f:3: `interval`: 0: expected a number from 1 to 86400"),
        ("site again", "f:3: `site` was set in line 1 already"),
        ("bandwidth 0", "f:3: `bandwidth`: 0: write `none` for no limit"),
        ("bandwidth 1M 8:00-9:00", "f:3: `bandwidth`: `8:00-9:00`: expected days and times"),
        ("bandwidth 1M monday", "f:3: `bandwidth`: `monday`: expected days and times"),
        ("stage_command gsiftp://h/x get %u %p", "f:3: `stage_command`: stage command get %u %p: has %p"),
        ("stage_command /tape get %u", "f:3: `stage_command`: /tape: expected a URL"),
        ("peer cit http://x", "f: the site is its own peer"), ("peer a b", "f:3: `peer`: b: expected a URL"),
        ("partition a data gsiftp://x", "f:3: `partition`: data: expected a path that begins with /"),
        (
            "partition a /d gsiftp://x colour=red",
            "f:3: `partition`: `colour=red`: expected reserve=…, draining, read-only or tape"
        ),
        ("subscription a rolling : size > 1", "f:3: `subscription`: `rolling` needs volume=…"),
        ("subscription a frameType = 'R'", "f:3: `subscription`: expected `:` before the expression"),
        ("subscription a : frameType = ", "f:3: `subscription`: "), ("lrc host", "f:3: `lrc`: host: expected rls://"),
        ("metadata mysql://u:secret@h/d", "f:3: `metadata`: expected postgresql://[user@]host[:port]/database"),
        ("metadata postgresql://u:secret@h/d?x=y", "f:3: `metadata`: expected postgresql://[user@]host"),
        ("subscription a : size > 1\nsubscription a : size > 2", "f: two subscriptions are named `a`"),
    ])
    func mistakesAreNamed(line: String, message: String) {
        let error = #expect(throws: SiteFile.ParseError.self) {
            try SiteFile.parse(Self.least + line + "\n", named: "f")
        }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
    }

    /// `ldr check --keywords > conf/ldr.conf` brings it up to date.
    @Test func exampleIsUpToDate() throws {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = project.appendingPathComponent("conf/ldr.conf")
        #expect(try String(contentsOf: file, encoding: .utf8) == SiteExample.text)
    }

    @Test func whatIsMissing() {
        #expect(throws: SiteFile.ParseError.self) { try SiteFile.parse("directory /x", named: "f") }
        #expect(throws: SiteFile.ParseError.self) { try SiteFile.parse("site x", named: "f") }
    }
}
