import Foundation
import NIOConcurrencyHelpers
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// Which partition a file goes to, while others are on their way.
@Suite struct ArrivalPlannerTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["one", "two", "draining"] {
            try FileManager.default.createDirectory(
                atPath: directory.file(name + "/.ldr-incoming"), withIntermediateDirectories: true)
        }
    }

    private func planner(_ free: [String: Int64], reserve: Int64 = 0) throws -> ArrivalPlanner {
        let partitions = try ["one", "two", "draining"].map {
            try StoragePartition(
                name: $0, root: directory.file($0), url: ByteString("gsiftp://here/" + $0), reserve: reserve,
                isDraining: $0 == "draining")
        }
        let area = try StorageArea(partitions: partitions, layout: LayoutTemplate(parsing: "{lfn}"))
        return ArrivalPlanner(area) { free[$0.name] }
    }

    private func want(_ id: Int) -> Want {
        Want(
            id: id, lfn: ByteString("f\(id)"), size: 0, subscriptions: 1, state: .active, since: 0, nextTry: 0,
            attempts: 0)
    }

    private func plan(_ planner: ArrivalPlanner, _ id: Int, _ size: Int64) -> Result<ArrivalPlan, TransferFailure> {
        let record = FileRecord(lfn: ByteString("f\(id)"), size: size)
        // As another source would ask.
        var looks = PartitionLooks()
        return planner.plan(want(id), DescribedFile(record: record, publisher: "there"), &looks)
    }

    private func partition(_ planner: ArrivalPlanner, _ id: Int, _ size: Int64) -> String? {
        try? plan(planner, id, size).get().partition.name
    }

    /// What a part has on the disk, at least.
    private func leave(_ id: Int, in partition: String, kilobytes: Int = 8) throws {
        try directory.write(String(repeating: "x", count: kilobytes << 10), to: partition + "/.ldr-incoming/\(id).part")
    }

    private func parts(_ partition: String) throws -> [Int] {
        try IncomingDirectory(root: directory.file(partition)).leftovers().map(\.id)
    }

    @Test func whatIsOnItsWayTakesRoom() throws {
        let planner = try planner(["one": 100, "two": 90], reserve: 10)
        #expect(partition(planner, 1, 60) == "one")
        #expect(partition(planner, 2, 60) == "two")
        // As another source would ask.
        #expect(partition(planner, 3, 60) == nil)
        #expect(partition(planner, 4, 30) == "one")
        #expect(partition(planner, 4, 30) == "one")
        planner.release(want(1))
        planner.release(want(1))
        #expect(partition(planner, 3, 60) == "one")
        if case .failure(let failure) = plan(planner, 5, 21) { #expect(failure.kind == .diskFull) }
    }

    @Test func whatIsWrittenIsNotCountedTwice() async throws {
        let (large, written): (Int64, Int) = (100 << 20, 1 << 20)
        let free = NIOLockedValueBox<Int64>(150 << 20)
        let partition = try StoragePartition(name: "one", root: directory.file("one"), url: "gsiftp://here/one")
        let planner = ArrivalPlanner(
            try StorageArea(partitions: [partition], layout: LayoutTemplate(parsing: "{lfn}"))
        ) { _ in free.withLockedValue { $0 } }
        #expect(self.partition(planner, 1, large) == "one")
        #expect(self.partition(planner, 2, 51 << 20) == nil)
        try leave(1, in: "one", kilobytes: written >> 10)
        free.withLockedValue { $0 -= Int64(written) }
        #expect(try await eventually { self.partition(planner, 2, 50 << 20) == "one" })
    }

    @Test func aPartIsContinuedWhereItIs() throws {
        try leave(7, in: "two")
        #expect(partition(try planner(["one": 1 << 40, "two": 1_000_000]), 7, 100_000) == "two")
        #expect(try parts("two") == [7])
    }

    @Test func aPartWithoutRoomForTheRestIsRemoved() throws {
        try leave(7, in: "two")
        try leave(8, in: "two")
        #expect(partition(try planner(["one": 1 << 40, "two": 50_000]), 7, 100_000) == "one")
        #expect(try parts("two") == [8])
    }

    @Test func aPartStaysWhereNothingHasRoom() throws {
        try leave(7, in: "two")
        #expect(partition(try planner(["one": 50_000, "two": 50_000]), 7, 100_000) == nil)
        #expect(try parts("two") == [7])
    }

    @Test func ofSeveralPartsTheLongestStays() throws {
        try leave(7, in: "one")
        try leave(7, in: "two", kilobytes: 32)
        try leave(7, in: "draining", kilobytes: 64)
        #expect(partition(try planner(["one": 1 << 40, "two": 1 << 30, "draining": 1 << 40]), 7, 100_000) == "two")
        #expect(try parts("one") == [] && parts("draining") == [])
    }
}
