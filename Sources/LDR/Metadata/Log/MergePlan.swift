/// Which neighbours among a log's segments become one. Older ones are larger, each size class four times the one below, with
/// at most three of a class: a thousand million changes make 45 segments, and each is written again some 15 times.
enum MergePlan {
    /// The newest stay as they are, for those who follow closely have read all but these.
    static let untouched = 8
    /// Bytes; followers hold a segment in memory.
    static let largestFile = 256 << 20

    /// Segments that belong together, in their order; those that stay alone have a group of their own.
    static func groups(_ segments: [LogManifest.Segment]) -> [Range<Int>] {
        var stack: [Group] = []
        let settled = max(0, segments.count - untouched)
        for index in 0..<settled {
            stack.append(Group(range: index..<index + 1, count: segments[index].count, bytes: segments[index].bytes))
            while let number = numberToJoin(stack) { join(number, &stack) }
        }
        return stack.map(\.range) + (settled..<segments.count).map { $0..<$0 + 1 }
    }

    private struct Group {
        var range: Range<Int>
        var count: Int
        var bytes: Int

        /// The logarithm of its size.
        var sizeClass: Int { (Int.bitWidth - max(1, count).leadingZeroBitCount - 1) / 2 }
    }

    private static func numberToJoin(_ stack: [Group]) -> Int? {
        guard stack.count >= 2, let top = stack.last else { return nil }
        let isLargerThanOlder = stack[stack.count - 2].sizeClass < top.sizeClass
        if isLargerThanOlder && fits(stack.suffix(2)) { return 2 }
        let four = stack.suffix(4)
        return four.count == 4 && four.allSatisfy { $0.sizeClass == top.sizeClass } && fits(four) ? 4 : nil
    }

    private static func fits(_ groups: ArraySlice<Group>) -> Bool {
        groups.reduce(0) { $0 + $1.bytes } <= largestFile
    }

    private static func join(_ number: Int, _ stack: inout [Group]) {
        let joined = stack.suffix(number)
        guard let first = joined.first, let last = joined.last else { return }
        let group = Group(
            range: first.range.lowerBound..<last.range.upperBound,
            count: joined.reduce(0) { $0 + $1.count }, bytes: joined.reduce(0) { $0 + $1.bytes })
        stack.removeLast(number)
        stack.append(group)
    }
}
