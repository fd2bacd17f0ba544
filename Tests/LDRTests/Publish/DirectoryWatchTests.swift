import Foundation
import RLSCore
import RLSTestSupport
import SystemPackage
import Testing

@testable import LDR

@Suite struct DirectoryWatchTests {
    private static func file(_ path: FilePath, _ size: Int64 = 1, _ modified: Int64 = 1) -> FileState {
        FileState(path: path, size: size, modified: modified)
    }

    private static func watch(seconds: Int64 = 10, ignoring: Bool = true) -> DirectoryWatch {
        DirectoryWatch(quiet: TimeSpan(milliseconds: seconds * 1000), ignoresUnfinishedNames: ignoring)
    }

    @Test func completeOnceUnchangedAndToldOnce() {
        var watch = Self.watch()
        #expect(watch.scan([Self.file("a", 1)], now: 0) == [])
        #expect(watch.scan([Self.file("a", 2)], now: 9_000) == [])
        #expect(watch.scan([Self.file("a", 2, 2)], now: 18_000) == [])
        #expect(watch.scan([Self.file("a", 2, 2)], now: 27_999) == [])
        #expect(watch.pending == 1)
        #expect(watch.scan([Self.file("a", 2, 2)], now: 28_000) == [Self.file("a", 2, 2)])
        #expect(watch.pending == 0)
        #expect(watch.scan([Self.file("a", 2, 2)], now: 90_000) == [])
    }

    @Test func aChangedFileIsToldAgain() {
        var watch = Self.watch()
        _ = watch.scan([Self.file("a")], now: 0)
        #expect(watch.scan([Self.file("a")], now: 10_000).count == 1)
        #expect(watch.scan([Self.file("a", 1, 2)], now: 20_000) == [])
        #expect(watch.scan([Self.file("a", 1, 2)], now: 30_000) == [Self.file("a", 1, 2)])
    }

    @Test func aFileThatCannotBeTakenIsToldLessAndLessOften() {
        var watch = Self.watch(seconds: 0)
        var (told, now) = (0, Int64(0))
        // A day, a scan each ten seconds.
        for _ in 0..<8_640 {
            if !watch.scan([Self.file("a"), Self.file("b")], now: now).filter({ $0.path == "a" }).isEmpty {
                told += 1
                watch.retryLater("a", now: now)
            }
            now += 10_000
        }
        #expect((20...80).contains(told))
        #expect(watch.scan([Self.file("a"), Self.file("b")], now: now) == [])
        // Another content is another try.
        #expect(watch.scan([Self.file("a", 2)], now: now + 1) == [Self.file("a", 2)])
        #expect(watch.scan([Self.file("a", 2)], now: now + 2) == [])
    }

    @Test func aNameBelongsToTheFirstDirectory() throws {
        let directory = try TemporaryDirectory()
        for path in ["one/d", "two/d", "three"] {
            try FileManager.default.createDirectory(
                atPath: directory.file(path), withIntermediateDirectories: true)
        }
        for (path, text) in [("one/d/a", "x"), ("two/d/a", "xx"), ("one/b", "x"), ("two/b", "y"), ("two/c", "x")] {
            try directory.write(text, to: path)
        }
        let order = WatchOrder(["one", "two", "three"].map { FilePath(directory.file($0)) })
        func problem(_ lfn: ByteString, _ size: Int64, in place: Int) -> String? {
            order.problem(CandidateFile(state: Self.file("f", size), lfn: lfn), in: place)?.message
        }
        #expect(problem("d/a", 1, in: 0) == nil && problem("c", 1, in: 1) == nil)
        // Copies of one file, for all that is known.
        #expect(problem("b", 1, in: 1) == nil)
        #expect(problem("d/a", 2, in: 1)?.contains("one/d/a has already") == true)
        #expect(problem("c", 9, in: 2)?.contains("two/c has already") == true)
        // A directory is no file.
        #expect(problem("d", 9, in: 1) == nil)
    }

    @Test func aFileThatGoesIsForgotten() {
        var watch = Self.watch()
        _ = watch.scan([Self.file("a")], now: 0)
        _ = watch.scan([], now: 5_000)
        #expect(watch.scan([Self.file("a")], now: 10_000) == [])
        #expect(watch.scan([Self.file("a")], now: 20_000).count == 1)
    }

    @Test func unfinishedNamesAreLeftAlone() {
        let files = ["d/.a", "d/a.tmp", "d/a.part", ".d/a", "d/a"].map { Self.file(FilePath($0)) }
        var watch = Self.watch(seconds: 0)
        #expect(watch.scan(files, now: 0) == Array(files[3...]))
        var all = Self.watch(seconds: 0, ignoring: false)
        #expect(all.scan(files, now: 0) == files)
    }

    @Test func whatWasNotTakenIsToldAgain() {
        var watch = Self.watch(seconds: 0)
        #expect(watch.scan([Self.file("a")], now: 0).count == 1)
        watch.retry("a")
        watch.retry("unknown")
        #expect(watch.scan([Self.file("a")], now: 1).count == 1)
        #expect(watch.scan([Self.file("a"), Self.file("a")], now: 2) == [])
    }
}
