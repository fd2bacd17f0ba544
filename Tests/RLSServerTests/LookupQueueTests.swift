import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RLSCore
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import RLSWire
import Testing

@testable import RLSServer

/// The queue without connections: what is looked up together, and what becomes of those that cannot be.
@Suite struct LookupQueueTests {
    /// A queue before a catalog with the names n0 to n9, and the answers that have come.
    private struct Fixture {
        let store = RemoteStore()
        let causes = CauseLog()
        let queue: LookupQueue
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        private let directory: TemporaryDirectory
        private let answers = Answers()

        init(_ change: (inout LookupLimits) -> Void = { _ in }) async throws {
            directory = try TemporaryDirectory()
            let logger = causes.logger
            store.inner = try SQLiteCatalogStore(path: directory.file("lrc.db"), logger: logger)
            let names = (0..<10).map { Change.create(Mapping(lfn: "n\($0)", pfn: "p")) }
            _ = try await StoreProbe(store).apply(names)
            var limits = LookupLimits()
            change(&limits)
            queue = try LookupQueue(of: RoleStores(catalog: store, index: nil), limits: limits, logger: logger)
        }

        /// Asks for the partners of n0, n1 and so on, on both event loops in turn.
        func ask(_ numbers: Range<Int>) {
            for number in numbers {
                let producer = PartnersProducer(.lfn, name: ByteBuffer(string: "n\(number)"), page: .all, previous: nil)
                let loop = group.next()
                queue.submit([
                    PendingLookup(producer: producer, mustBeCurrent: true, eventLoop: loop) { turn in
                        answers.add(number, turn.text + (loop.inEventLoop ? "" : " elsewhere"))
                    }
                ])
            }
        }

        /// Two that have set out: both threads are on their way, and who comes now must wait.
        func occupy() async throws {
            store.journeys.close()
            for number in [100, 101] {
                ask(number..<number + 1)
                try await blocking { store.journeys.waitForOne() }
            }
        }

        func answers(_ count: Int) async throws -> [Int: String] {
            try await blocking { answers.wait(for: count) }
        }

        func stop() async throws {
            await queue.shutdown()
            store.shutdown()
            try await group.shutdownGracefully()
        }
    }

    private final class Answers: Sendable {
        private let texts = ConditionLock(value: 0)
        private let known = NIOLockedValueBox<[Int: String]>([:])

        func add(_ number: Int, _ text: String) {
            texts.lock()
            let count = known.withLockedValue { known in
                known[number] = text
                return known.count
            }
            texts.unlock(withValue: count)
        }

        func wait(for count: Int) -> [Int: String] {
            if texts.lock(whenValue: count, timeoutSeconds: Patience.seconds(30)) { texts.unlock() }
            return known.withLockedValue { $0 }
        }
    }

    @Test func whoWaitsIsLookedUpTogether() async throws {
        let fixture = try await Fixture()
        try await fixture.occupy()
        fixture.ask(0..<20)
        fixture.store.journeys.open()
        let answers = try await fixture.answers(22)
        for number in 0..<20 {
            #expect(answers[number] == (number < 10 ? "0|n\(number)|p||" : "12 n\(number)"))
        }
        let journeys = fixture.store.journeys
        #expect(journeys.catalog.map(\.count) == [1, 1, 20])
        #expect(journeys.lone == 0)
        try await fixture.stop()
    }

    @Test func groupsAreBounded() async throws {
        let fixture = try await Fixture { $0.group = 8 }
        try await fixture.occupy()
        fixture.ask(0..<20)
        fixture.store.journeys.open()
        #expect(try await fixture.answers(22).count == 22)
        #expect(fixture.store.journeys.catalog.map(\.count).sorted() == [1, 1, 4, 8, 8])
        try await fixture.stop()
    }

    /// Each is told, the log once.
    @Test func aFailureIsEachOnesAnswerAndOneLine() async throws {
        let fixture = try await Fixture()
        try await fixture.occupy()
        fixture.ask(0..<20)
        fixture.store.journeys.fail(StorageError(.unreachable, "db.example.org: no route"))
        fixture.store.journeys.open()
        let answers = try await fixture.answers(22)
        #expect(Set(answers.values) == ["17 database cannot be reached"])
        #expect(fixture.causes.count(of: "db.example.org: no route") == 3)
        fixture.store.journeys.fail(nil)
        fixture.ask(30..<31)
        #expect(try await fixture.answers(23)[30] == "12 n30")
        try await fixture.stop()
    }

    @Test func tooManyAreRefusedAndTheOthersKept() async throws {
        let fixture = try await Fixture { $0.waiting = 5 }
        try await fixture.occupy()
        fixture.ask(0..<9)
        #expect(Set(try await fixture.answers(4).keys) == [5, 6, 7, 8])
        fixture.store.journeys.open()
        let answers = try await fixture.answers(11)
        for number in 0..<9 {
            #expect(answers[number] == (number < 5 ? "0|n\(number)|p||" : "17 too many requests are waiting"))
        }
        #expect(fixture.causes.count(of: "5 look-ups are waiting") == 1)
        try await fixture.stop()
    }

    /// While nothing comes back, those that wait are told.
    @Test func timeRunsOut() async throws {
        let fixture = try await Fixture { $0.time = .seconds(Int64(Patience.seconds(1))) }
        try await fixture.occupy()
        fixture.ask(0..<3)
        #expect(Set(try await fixture.answers(3).values) == ["17 database does not answer in time"])
        // The watch goes on.
        fixture.ask(3..<5)
        #expect(Set(try await fixture.answers(5).values) == ["17 database does not answer in time"])
        fixture.store.journeys.open()
        #expect(try await fixture.answers(7)[100] == "12 n100")
        try await fixture.stop()
    }

    @Test func whoWaitsWhenItEndsIsRefused() async throws {
        let fixture = try await Fixture()
        try await fixture.occupy()
        fixture.ask(0..<3)
        async let end: Void = fixture.queue.shutdown()
        #expect(Set(try await fixture.answers(3).values) == ["17 server is stopping"])
        fixture.ask(3..<4)
        #expect(try await fixture.answers(4)[3] == "17 server is stopping")
        fixture.store.journeys.open()
        await end
        #expect(try await fixture.answers(6)[100] == "12 n100")
        try await fixture.stop()
    }
}

extension ReplyTurn {
    /// The reply as tests spell it, or code and subject of the error.
    fileprivate var text: String {
        switch self {
        case .done(let bytes, _), .more(let bytes, _):
            String(decoding: bytes.readableBytesView.map { $0 == 0 ? UInt8(ascii: "|") : $0 }, as: UTF8.self)
        case .failed(let failure): "\(failure.answer.code.rawValue) \(failure.answer.subject)"
        }
    }
}

@Suite struct LookupSlotsTests {
    @Test func answersComeInOrder() {
        var slots = LookupSlots<String>()
        let tickets = (0..<3).map { _ in slots.append() }
        slots.append("known")
        slots.fill(tickets[2], with: "third")
        slots.fill(tickets[1], with: "second")
        #expect(slots.next() == nil)
        slots.fill(tickets[0], with: "first")
        #expect((0..<5).map { _ in slots.next() } == ["first", "second", "third", "known", nil])
        let ticket = slots.append()
        #expect(slots.next() == nil)
        slots.fill(ticket, with: "later")
        #expect(slots.next() == "later")
    }
}
