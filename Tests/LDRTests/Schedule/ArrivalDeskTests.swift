import Logging
import RLSCore
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct ArrivalDeskTests {
    /// What an administrator put there is no transfer's; what the catalog did not take at once is.
    @Test func whatStoodThereWasNotBrought() async throws {
        let directory = try TemporaryDirectory()
        let work = try WorkStore(path: directory.file("work.db"))
        let desk = ArrivalDesk(
            work: try WorkDesk(path: directory.file("work.db")), catalog: MemoryCatalog(refusing: ["refused"]),
            events: EventLog(path: directory.file("events.jsonl"), site: "here"), attempts: 3,
            logger: Logger(label: "test"))
        let (stream, feed) = AsyncStream.makeStream(of: ArrivedFile.self)
        for (name, wasThere) in [("found", true), ("empty", false), ("refused", false)] {
            let want = Want(
                id: 1, lfn: ByteString(name), size: 0, subscriptions: 1, state: .active, since: 0, nextTry: 0,
                attempts: 0)
            let copy = Mapping(lfn: want.lfn, pfn: "here:" + want.lfn)
            feed.yield(
                ArrivedFile(
                    want: want, copy: copy, outcome: .success(bytes: 0, seconds: 0), began: 0, wasThere: wasThere))
        }
        feed.finish()
        #expect(try await desk.conclude(stream, from: "http://a").arrived == 2)
        #expect(try !work.wasFetched("found"))
        #expect(try work.wasFetched("empty") && work.wasFetched("refused"))
    }

    @Test func onlyRefusedFilesFail() async throws {
        let directory = try TemporaryDirectory()
        let metadata = try MetadataStore(path: directory.file("metadata.db"), site: "here")
        _ = try metadata.publish(["a", "b"].map { FileRecord(lfn: $0, size: 1) })
        let catalog = MemoryCatalog(refusing: ["b"])
        let work = try WorkStore(path: directory.file("work.db"))
        _ = try await WantKeeper(work: work, metadata: metadata, catalog: catalog, place: MemoryCatalog.anyPlace)
            .keep([SubscriptionConfiguration(name: "all", expression: "size > 0")])
        let wants = try work.wants(in: .missing, limit: 10)
        try work.file.connection.execute("UPDATE want SET state = 2")
        let desk = ArrivalDesk(
            work: try WorkDesk(path: directory.file("work.db")), catalog: catalog,
            events: EventLog(path: directory.file("events.jsonl"), site: "here"), attempts: 1,
            logger: Logger(label: "test"))
        let (stream, feed) = AsyncStream.makeStream(of: ArrivedFile.self)
        for want in wants {
            let copy = Mapping(lfn: want.lfn, pfn: "here:" + want.lfn)
            feed.yield(ArrivedFile(want: want, copy: copy, outcome: .success(bytes: 1, seconds: 1), began: 0))
        }
        feed.finish()
        let outcome = try await desk.conclude(stream, from: "http://a")
        #expect(outcome.arrived == 1 && outcome.failed == 1)
        #expect(try work.want(of: "a")?.state == .present)
        let failed = try #require(try work.want(of: "b"))
        #expect(failed.state == .stuck && failed.reason?.contains("not this one") == true)
        #expect(await catalog.allCopies().map(\.lfn) == ["a"])
    }
}
