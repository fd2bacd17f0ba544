import RLSCore
import RLSStorage
import Testing

/// Checks by comparison with what the rules say.
extension IndexStoreContract {
    private static func agree(
        _ probe: IndexProbe, _ model: IndexModel, prefixes: [ByteString] = [""], steps: [Int] = [3, 10_000]
    ) throws {
        #expect(probe.store.counts == model.counts)
        for order in [MappingOrder.ascending, .namesDescending] {
            for prefix in prefixes {
                for step in steps {
                    let walked = try probe.walk(prefix: prefix, order: order, step: step)
                    #expect(walked == model.walk(prefix: prefix, order: order))
                }
            }
        }
        for name in model.entries.keys { #expect(try probe.entries(of: name) == model.entries(of: name)) }
    }

    private static func commit(_ probe: IndexProbe, _ model: inout IndexModel, _ changes: [IndexChange]) async throws {
        for change in changes { model.apply(change) }
        try await probe.commit(changes)
    }

    @Sendable static func oddNames(_ probe: IndexProbe) async throws {
        let names: [ByteString] = [
            ByteString((1...255).map { UInt8($0) }), "'; DROP TABLE entry; --", "back\\slash", "100%", "_", "trailing ",
            "trailing", "Case", "case", "\"", "{a,b}", "NULL", ByteString([0xff]), ByteString([0xff, 0xff]),
            ByteString([0xff, 0xfe]), "é", "e\u{301}",
        ]
        var model = IndexModel()
        try await commit(probe, &model, [put(2, 1, live: 1, names), put(1, 1, live: 1, names.reversed())])
        let prefixes: [ByteString] = ["", "trailing", "case", ByteString([0xff]), ByteString([0xff, 0xff])]
        try agree(probe, model, prefixes: prefixes)
        try await commit(probe, &model, [.delete(sender: 1, names: names)])
        try agree(probe, model)
    }

    /// Names that are alike for long, and of the greatest length.
    @Sendable static func longNames(_ probe: IndexProbe) async throws {
        let head = ByteString(Array(repeating: 0x68, count: 1_200))
        let longest = ByteString(Array(repeating: 0xff, count: NameLimits.maximumLength))
        let names = [head, longest, "h", "i"] + (0..<10).map { head + ByteString("\(($0 * 7) % 10)") + head }
        var model = IndexModel()
        for sender in 1...3 { try await commit(probe, &model, [put(sender, sender, live: 0, names)]) }
        try agree(probe, model, prefixes: ["", head, head + "3", "h", longest], steps: [1, 4, 1_000])
        try await commit(probe, &model, [put(1, 5, live: 1, names.suffix(5)), .delete(sender: 2, names: names)])
        try agree(probe, model, prefixes: ["", head])
        #expect(try probe.entries(of: head + "nosuch").isEmpty)
    }

    /// Names come and go several times in one request.
    @Sendable static func repeats(_ probe: IndexProbe) async throws {
        var model = IndexModel()
        try await commit(
            probe, &model,
            [
                put(1, 4, live: 4, ["b", "a", "b", "a", "c"]), .delete(sender: 1, names: ["a", "a"]),
                put(2, 4, live: 4, ["a"]), put(1, 4, live: 4, ["a", "d"]), put(1, 5, live: 4, ["a", "a"]),
                .delete(sender: 2, names: ["a", "d"]), put(1, 4, live: 4, []), .delete(sender: 3, names: []),
            ])
        try agree(probe, model)
        #expect(probe.store.counts == IndexCounts(lfns: 4, mappings: 4))
    }

    @Sendable static func manyNames(_ probe: IndexProbe) async throws {
        let names = (0..<12_001).map { ByteString("n\($0 * 7_919 % 12_001)") }
        var model = IndexModel()
        try await commit(probe, &model, [put(1, 1, live: 0, names + names)])
        try await commit(probe, &model, [put(2, 1, live: 1, names.suffix(6_000)), put(1, 2, live: 1, names)])
        #expect(probe.store.counts == IndexCounts(lfns: 12_001, mappings: 18_001))
        for order in [MappingOrder.ascending, .namesDescending] {
            let walked = try probe.walk(prefix: "n1", order: order, step: 2_500)
            #expect(walked == model.walk(prefix: "n1", order: order))
        }
        try await commit(probe, &model, [.delete(sender: 1, names: names)])
        #expect(probe.store.counts == IndexCounts(lfns: 6_000, mappings: 6_000))
        try await commit(probe, &model, [.purge(model.walk(prefix: "", order: .namesDescending))])
        #expect(probe.store.counts == IndexCounts())
    }

    @Sendable static func agreesWithModel(_ probe: IndexProbe) async throws {
        var generator = SeededGenerator(seed: 11)
        var model = IndexModel()
        let names = (0..<60).map { ByteString("n\($0)") }
        for _ in 0..<60 {
            let changes = (0..<Int.random(in: 1...6, using: &generator)).map { _ -> IndexChange in
                let some = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                    names.randomElement(using: &generator) ?? "n"
                }
                let sender = Int.random(in: 1...4, using: &generator)
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<6:
                    let live = Int.random(in: 1...6, using: &generator)
                    let end = Bool.random(using: &generator) ? live : Int.max
                    // No older than what is visible, as of every sender.
                    let generation = live + Int.random(in: 0...3, using: &generator)
                    return .put(ListPut(sender: sender, generation: generation, visible: live...end, names: some))
                case 6..<8: return .delete(sender: sender, names: some)
                default: return .purge(some.flatMap { name in model.seen(name).filter { $0.entry.last < 5 } })
                }
            }
            try await commit(probe, &model, changes)
            #expect(probe.store.counts == model.counts)
        }
        try agree(probe, model, prefixes: ["", "n1"])
    }
}
