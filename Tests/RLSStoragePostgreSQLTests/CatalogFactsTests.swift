import RLSCore
import RLSStorage
import RLSTestSupport
import Testing

@testable import RLSStoragePostgreSQL

@Suite struct CatalogFactsTests {
    private let mapping = Mapping(lfn: "a", pfn: "1")

    @Test func onlyTheDifferenceIsWritten() {
        var facts = CatalogFacts()
        facts.learn(mapping, isThere: true)
        facts.remove(mapping)
        facts.insert(mapping)
        let other = Mapping(lfn: "a", pfn: "2")
        facts.insert(other)
        facts.remove(other)
        let kept = Mapping(lfn: "b", pfn: "2")
        facts.insert(kept)
        let writes = facts.takeWrites()
        #expect(writes.inserted == [kept] && writes.removed.isEmpty)
        #expect(facts.takeWrites().inserted.isEmpty)
        facts.remove(kept)
        #expect(facts.takeWrites().removed == [kept])
    }

    @Test func countsFollowChanges() {
        var facts = CatalogFacts()
        let name = ObjectName(kind: .lfn, name: "a")
        facts.learn(name, count: 0)
        #expect(facts.has(mapping) == false)
        facts.insert(mapping)
        #expect(facts.count(of: name) == 1 && facts.has(mapping) == true)
        #expect(facts.count(of: ObjectName(kind: .pfn, name: "1")) == nil)
        facts.remove(mapping)
        #expect(facts.count(of: name) == 0)
        #expect(facts.has(Mapping(lfn: "z", pfn: "1")) == nil)
    }

    @Test func forgottenValuesGoBeforeNewOnesCome() {
        var facts = CatalogFacts()
        let name = ObjectName(kind: .lfn, name: "a")
        facts.learn(name, attribute: 1, hasValue: true)
        facts.set(.int(1), attribute: 2, of: name)
        facts.forget(name)
        #expect(facts.hasValue(name, attribute: 1) == false && facts.hasValue(name, attribute: 2) == false)
        facts.set(.int(5), attribute: 1, of: name)
        #expect(facts.hasValue(name, attribute: 1) == true)
        let writes = facts.takeWrites()
        #expect(writes.forgotten == [name])
        #expect(writes.values.map(\.attribute) == [1] && writes.values.map(\.value) == [.int(5)])
        #expect(facts.takeWrites().values.isEmpty)
    }

    @Test func eventsReadBack() {
        let long = ByteString(Array(repeating: 0xff, count: 4_096))
        let events: [CatalogEvent] = [
            .name(.added("a")), .cleared, .name(.deleted(long)), .rlisChanged, .name(.added(long)),
        ]
        let text = CatalogEventCoding.encode(events)
        #expect(CatalogEventCoding.decode(text) == events)
        #expect(CatalogEventCoding.decode("") == [])
        // Cut anywhere, it is refused or shorter, never a crash.
        for count in 0..<min(text.count, 5_000) {
            let part = CatalogEventCoding.decode(ByteString(Array(text.bytes.prefix(count))))
            #expect(part.map { events.starts(with: $0) } ?? true)
        }
    }

    @Test func noiseIsNoEvents() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
            if let events = CatalogEventCoding.decode(ByteString(bytes)) { #expect(events.count <= bytes.count) }
        }
    }
}
