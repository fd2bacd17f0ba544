import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct StorageAreaTests {
    private static func partition(
        _ name: String, reserve: Int64 = 0, draining: Bool = false, readOnly: Bool = false, url: ByteString? = nil
    ) throws -> StoragePartition {
        try StoragePartition(
            name: name, root: "/data/\(name)/", url: url ?? ByteString("gsiftp://host:2811/\(name)/"), reserve: reserve,
            isDraining: draining, isReadOnly: readOnly)
    }

    private static func area(_ partitions: StoragePartition...) throws -> StorageArea {
        try StorageArea(partitions: partitions, layout: LayoutTemplate(parsing: "{lfn}"))
    }

    @Test func choosesTheMostRoomBeyondTheReserve() throws {
        let area = try Self.area(
            Self.partition("a", reserve: 60), Self.partition("b", reserve: 10), Self.partition("c"),
            Self.partition("draining", draining: true), Self.partition("tape", readOnly: true))
        let free: [String: Int64] = ["a": 100, "b": 90, "c": 80, "draining": 1000, "tape": 1000]
        let choose = { (size: Int64, free: [String: Int64]) in area.choose(for: size) { free[$0.name] }?.name }
        #expect(choose(10, free) == "b")
        #expect(choose(80, free) == "b")
        #expect(choose(81, free) == nil)
        #expect(choose(0, ["a": 60]) == "a")
        #expect(choose(0, ["a": 59]) == nil)
        #expect(choose(50, ["c": 50]) == "c")
        #expect(choose(0, [:]) == nil)
        #expect(choose(0, ["b": 20, "c": 10]) == "b")
    }

    @Test func freeSpaceIsAskedOfTheFileSystem() throws {
        let directory = try TemporaryDirectory()
        let there = try StoragePartition(
            name: "a", root: directory.path, url: "file://localhost/" + ByteString(directory.path))
        #expect(try #require(there.freeBytes()) > 0)
        #expect(try Self.partition("nowhere").freeBytes() == nil)
        let area = try StorageArea(partitions: [there], layout: LayoutTemplate(parsing: "{lfn}"))
        #expect(area.choose(for: 1)?.name == "a")
        #expect(area.choose(for: .max) == nil)
    }

    @Test func urlsComeBackAsPaths() throws {
        let area = try Self.area(Self.partition("a"), Self.partition("ab"))
        for partition in area.partitions {
            for path in ["x", "d/x y", "d/%2F%25", "é/?#&;\n", "a+b=c,d@e:f~g", "..x/.y"] {
                let url = area.url(partition, path)
                #expect(url.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f })
                let found = try #require(area.locate(pfn: url))
                #expect(found.partition == partition && found.relativePath == path)
            }
        }
        #expect(area.url(area.partitions[0], "d/x%2Fy z") == "gsiftp://host:2811/a/d/x%252Fy%20z")
    }

    @Test(arguments: [
        "gsiftp://host:2811/a", "gsiftp://host:2811/a/", "gsiftp://host:2811/c/x", "gsiftp://other:2811/a/x", "",
        "gsiftp://host:2811/a/../b", "gsiftp://host:2811/a/%2e%2E/b", "gsiftp://host:2811/a/x%2F..%2Fy",
        "gsiftp://host:2811/a//x", "gsiftp://host:2811/a/./x", "gsiftp://host:2811/a/x/", "gsiftp://host:2811/a/x%00",
        "gsiftp://host:2811/a/x%0", "gsiftp://host:2811/a/x%zz", "gsiftp://host:2811/a/x?y", "gsiftp://host:2811/a/x#y",
        "gsiftp://host:2811/a/%FF", "gsiftp://host:2811/ab",
    ])
    func otherURLsAreNotOurs(_ url: String) throws {
        #expect(try Self.area(Self.partition("a")).locate(pfn: ByteString(url)) == nil)
    }

    @Test func pathsAreFoundInTheirPartitions() throws {
        let area = try Self.area(Self.partition("a"), Self.partition("ab"))
        let found = { area.locate(path: $0).map { "\($0.partition.name): \($0.relativePath)" } }
        #expect(found("/data/a/x/y") == "a: x/y")
        #expect(found("/data/ab/é") == "ab: é")
        for path in ["/data/a", "/data/a/", "/data/abc/x", "/data/a/../x", "/data/a//x", "data/a/x", ""] {
            #expect(found(path) == nil, "\(path)")
        }
    }

    /// What is in the inner one would be dark in the outer one.
    @Test func noneIsInsideAnother() {
        #expect(throws: StorageAreaError.self) { try Self.area(Self.partition("a"), Self.partition("a/inner")) }
        #expect(throws: StorageAreaError.self) { try Self.area(Self.partition("a/inner"), Self.partition("a")) }
    }

    @Test func theLongestURLCounts() throws {
        let area = try Self.area(
            Self.partition("a", url: "http://h/d"), Self.partition("b", url: "http://h/d/e"),
            Self.partition("c", url: "http://h"))
        #expect(area.locate(pfn: "http://h/d/e/x")?.partition.name == "b")
        #expect(area.locate(pfn: "http://h/d/ex")?.partition.name == "a")
        #expect(area.locate(pfn: "http://h/x")?.partition.name == "c")
    }

    @Test func randomURLsNeverLeaveThePartition() throws {
        let area = try Self.area(Self.partition("a"))
        var random = SeededGenerator(seed: 41)
        let some = ["a", "/", ".", "..", "%2e", "%2F", "%", "%00", "//", "?", "é", "%C3%A9"]
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...7, using: &random)
            let rest = (0..<count).map { _ in some.randomElement(using: &random) ?? "" }.joined()
            guard let found = area.locate(pfn: ByteString("gsiftp://host:2811/a/" + rest)) else { continue }
            #expect(SafePath.isSafe(found.relativePath))
            #expect(area.locate(pfn: area.url(found.partition, found.relativePath))?.relativePath == found.relativePath)
        }
    }

    @Test func partitionsAreChecked() throws {
        for root in ["", "data", "/", "/a/../b", "/a/./b"] {
            #expect(throws: StorageAreaError.self, "\(root)") {
                try StoragePartition(name: "a", root: root, url: "http://h/d")
            }
        }
        for url in ["", "http", "http://", "://h/d", "/data", "http://h/d?x", "http://h/a b", "http:/h"] as [ByteString]
        {
            #expect(throws: StorageAreaError.self, "\(url)") { try StoragePartition(name: "a", root: "/d", url: url) }
        }
        #expect(throws: StorageAreaError.self) { try StoragePartition(name: "", root: "/d", url: "http://h/d") }
        #expect(throws: StorageAreaError.self) {
            try StoragePartition(name: "a", root: "/d", url: "http://h/d", reserve: -1)
        }
        #expect(throws: StorageAreaError.self) { try Self.area(Self.partition("a"), Self.partition("a")) }
        #expect(throws: StorageAreaError.self) {
            try Self.area(Self.partition("a", url: "http://h/d"), Self.partition("b", url: "http://h/d/"))
        }
        #expect(throws: StorageAreaError.self) {
            try StorageArea(partitions: [], layout: LayoutTemplate(parsing: "{lfn}"))
        }
        #expect(try StoragePartition(name: "a", root: "//a//b/", url: "http://h/d//").root == "/a/b")
        #expect(try Self.partition("a").path("x/y") == "/data/a/x/y")
        #expect(throws: LayoutError.self) { try Self.partition("a").path("../x") }
    }
}
