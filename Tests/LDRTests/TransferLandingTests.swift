import Foundation
import LDR
import RLSCore
import Testing

@Suite struct TransferLandingTests {
    private let fixture: TransferFixture

    init() throws { fixture = try TransferFixture() }

    private func arrive(_ id: Int, _ text: String, as record: FileRecord) throws -> TransferRequest {
        let request = fixture.request(id, "http://h/x", record)
        try Data(text.utf8).write(to: URL(fileURLWithPath: request.destination))
        return request
    }

    private func failure(_ request: TransferRequest, _ name: ByteString) async -> TransferFailure? {
        do {
            _ = try await fixture.land(request, name)
            return nil
        } catch {
            return error as? TransferFailure
        }
    }

    @Test func verifiedFilesGetTheirNames() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let landed = try await fixture.land(try arrive(1, "content", as: record), "a/b/x\n \"y")
        #expect(!landed.wasThere)
        #expect(landed.checksums.md5 == record.checksums.md5)
        #expect(fixture.landed == ["a", "a/b", "a/b/x\n \"y"])
        #expect(try fixture.incoming.leftovers().isEmpty)
        let again = try await fixture.land(try arrive(2, "content", as: record), "a/b/x\n \"y")
        #expect(again.wasThere)
        #expect(try fixture.incoming.leftovers().isEmpty)
    }

    @Test func wrongFilesGoAway() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        #expect(await failure(try arrive(1, "Content", as: record), "x")?.kind == .checksumDiffers)
        #expect(await failure(try arrive(2, "conten", as: record), "x")?.kind == .sizeDiffers)
        #expect(fixture.landed.isEmpty)
        #expect(try fixture.incoming.leftovers().isEmpty)
        #expect(await failure(fixture.request(3, "http://h/x", record), "x")?.kind == .other)
    }

    @Test func anotherFileIsNotReplaced() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        try Data("another".utf8).write(to: URL(fileURLWithPath: fixture.root + "/x"))
        let failed = await failure(try arrive(1, "content", as: record), "x")
        #expect(failed?.kind == .occupied)
        #expect(failed?.message.contains("other content") == true)
        #expect(try String(contentsOfFile: fixture.root + "/x", encoding: .utf8) == "another")
        #expect(try fixture.incoming.leftovers().map(\.id) == [1])
        // Without any checksum, too.
        let unknown = FileRecord(lfn: "x", size: 7)
        #expect(await failure(try arrive(2, "content", as: unknown), "x")?.kind == .occupied)
        #expect(try await fixture.land(try arrive(3, "another", as: unknown), "x").wasThere)
    }

    /// Files that land together do not disturb each other, whichever of them fail.
    @Test func manyLandTogether() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        let other = try TransferFixture()
        try Data("another".utf8).write(to: URL(fileURLWithPath: fixture.root + "/taken"))
        var requests: [(request: TransferRequest, root: String, name: ByteString)] = []
        for id in 1...300 {
            let root = id.isMultiple(of: 3) ? other.root : fixture.root
            requests.append((try arrive(id, "content", as: record), root, "d\(id % 20)/\(id)"))
        }
        requests.append((try arrive(301, "content", as: record), fixture.root, "taken"))
        requests.append((try arrive(302, "Content", as: record), fixture.root, "wrong"))
        // Two with one name: one of them finds the other there.
        requests.append((try arrive(303, "content", as: record), fixture.root, "same"))
        requests.append((try arrive(304, "content", as: record), fixture.root, "same"))
        let landing = Landing()
        let outcomes = await withTaskGroup(of: (Int, Result<Landing.Landed, any Error>).self) { group in
            for (request, root, name) in requests {
                group.addTask {
                    do {
                        return (request.id, .success(try await landing.land(request, root: root, name: name)))
                    } catch { return (request.id, .failure(error)) }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(outcomes.filter { (try? $0.value.get()) == nil }.keys.sorted() == [301, 302])
        #expect([303, 304].filter { (try? outcomes[$0]?.get())?.wasThere == true }.count == 1)
        let names = (1...300).map { "\($0.isMultiple(of: 3) ? other.root : fixture.root)/d\($0 % 20)/\($0)" }
        #expect(names.allSatisfy { (try? String(contentsOfFile: $0, encoding: .utf8)) == "content" })
        #expect(try String(contentsOfFile: fixture.root + "/taken", encoding: .utf8) == "another")
        #expect(try fixture.incoming.leftovers().map(\.id) == [301])
    }

    @Test(arguments: ["", "/x", "../x", "a/../x", "a//x", "a/", "./x", ".ldr-incoming/5.part", "a\u{0}b"])
    func badNamesAreRefused(_ name: String) async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        #expect(await failure(try arrive(1, "content", as: record), ByteString(name))?.kind == .localError)
        #expect(fixture.landed.isEmpty)
    }

    @Test func linksAreNotFollowed() async throws {
        let record = try fixture.publish("x", Array("content".utf8))
        symlink(fixture.source, fixture.root + "/link")
        symlink(fixture.source + "/x", fixture.root + "/x")
        #expect(await failure(try arrive(1, "content", as: record), "link/y")?.kind == .localError)
        #expect(await failure(try arrive(2, "content", as: record), "x")?.kind == .localError)
    }

    @Test func leftovers() throws {
        #expect(try IncomingDirectory(root: "/nowhere/at/all").leftovers().isEmpty)
        for name in ["12.part", "7.part", "012.part", "x.part", "3", "-1.part"] {
            try Data("12345".utf8).write(to: URL(fileURLWithPath: fixture.incoming.path + "/" + name))
        }
        #expect(try fixture.incoming.leftovers().map(\.id) == [-1, 7, 12])
        #expect(try fixture.incoming.leftovers().allSatisfy { $0.size == 5 && $0.modified > 1_000_000_000 })
        fixture.incoming.remove(7)
        #expect(try fixture.incoming.leftovers().map(\.id) == [-1, 12])
    }
}
