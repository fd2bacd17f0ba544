import RLSCore
import RLSStorage
import RLSTestSupport
import RLSWire
import Testing

@testable import RLSSoftState

/// What becomes of the senders in memory when others have written to the store.
@Suite struct SenderMergeTests {
    private static let key = SenderKey(url: "rls://a", instance: "i")

    private func record(
        _ id: Int = 1, live: Int = 10, generation: Int = 0, lastUpdate: Int = 100, names: Int = 5
    ) -> ListSenderRecord {
        ListSenderRecord(
            id: id, url: "rls://a", instance: "i", live: live, generation: generation, lastUpdate: lastUpdate,
            names: names)
    }

    private func table(_ record: ListSenderRecord) -> SenderTable {
        var table = SenderTable()
        table.put(IndexSender(record, at: 0))
        return table
    }

    @Test func newerRecordsAreTakenOver() throws {
        var table = table(record())
        let merge = table.merge([record(live: 20, lastUpdate: 200, names: 7)], known: [1], at: 0)
        #expect(merge.replaced.isEmpty && merge.obsolete.isEmpty)
        let sender = try #require(table[Self.key])
        #expect((sender.live, sender.lastUpdate, sender.names) == (20, 200_000, 7))
        #expect((sender.pending, sender.generation) == (nil, 20))
    }

    /// Read before this server's own update, and looked at behind it.
    @Test func olderRecordsAreNot() throws {
        var table = table(record(live: 20, lastUpdate: 200, names: 7))
        table.change(1) { $0.lastUpdate += 999 }
        for old in [record(), record(live: 20, lastUpdate: 200, names: 1), record(live: 10, lastUpdate: 300)] {
            _ = table.merge([old], known: [1], at: 0)
            let sender = try #require(table[Self.key])
            #expect((sender.live, sender.lastUpdate, sender.names) == (20, 200_999, 7))
        }
    }

    @Test func listsOfOthersArePending() throws {
        var table = table(record())
        _ = table.merge([record(generation: 30)], known: [1], at: 5_000)
        let sender = try #require(table[Self.key])
        #expect((sender.live, sender.pending, sender.lastUpdate) == (10, 30, 100_000))
        #expect(sender.isPending(at: 80_000_000) && !sender.isPending(at: 90_000_000))
        _ = table.merge([record(live: 30, generation: 30, lastUpdate: 101)], known: [1], at: 6_000)
        #expect(table[Self.key]?.pending == nil)
        #expect(table[Self.key]?.live == 30)
    }

    /// Changes that another server has taken are not in a list that comes in here.
    @Test func changesElsewhereEndAList() throws {
        var table = table(record())
        table.change(1) { ($0.pending, $0.generation, $0.pendingOrigin) = (50, 50, origin()) }
        _ = table.merge([record(generation: 50)], known: [1], at: 0)
        #expect(table[Self.key]?.pendingOrigin != nil)
        _ = table.merge([record(generation: 50, lastUpdate: 120)], known: [1], at: 0)
        #expect(table[Self.key]?.pending == 50)
        #expect(table[Self.key]?.pendingOrigin == nil)
    }

    @Test func goneRecordsAreForgotten() {
        var table = table(record())
        table.put(IndexSender(id: 2, key: SenderKey(url: "rls://b", instance: ""), kind: .list(live: 0)))
        // The second is not in the store yet.
        let merge = table.merge([], known: [1], at: 0)
        #expect(merge.replaced.map(\.id) == [1])
        #expect(table.all.map(\.id) == [2])
    }

    @Test func oneNumberForEachSender() {
        var table = table(record())
        let merge = table.merge([record(9)], known: [], at: 0)
        #expect(merge.replaced.map(\.id) == [1])
        #expect(table.all.map(\.id) == [9])
        #expect(table.listCount == 1)
        #expect(table[Self.key]?.id == 9)
    }

    @Test(arguments: [99, 101])
    func theNewerOfFilterAndListCounts(lastUpdate: Int) {
        var table = SenderTable()
        var filter = IndexSender(id: 3, key: Self.key, kind: .filter(nil))
        filter.lastUpdate = 100_500
        table.put(filter)
        let merge = table.merge([record(lastUpdate: lastUpdate)], known: [], at: 0)
        #expect(table.all.map(\.isList) == [lastUpdate > 100])
        #expect(merge.replaced.map(\.id) == (lastUpdate > 100 ? [3] : []))
        #expect(merge.obsolete == (lastUpdate > 100 ? [] : [1]))
        // A list that has only begun may become the newer.
        var again = SenderTable()
        again.put(filter)
        #expect(again.merge([record(live: 0, generation: 5, lastUpdate: 0)], known: [], at: 0).obsolete.isEmpty)
    }
}
