/// How far a transfer is, on one line of the terminal that is written over; nothing where standard error is no terminal.
final class ProgressLine {
    private static let barWidth = 24

    private let totalBytes: Int?
    private let began = ContinuousClock.now
    private var line = StatusLine()

    init(totalBytes: Int?) { self.totalBytes = totalBytes }

    func show(lines: Int, bytes: Int) {
        let seconds = max((ContinuousClock.now - began) / .seconds(1), 0.001)
        line.show("\(bar(bytes))\(lines) lines, \(Int(Double(lines) / seconds)) a second")
    }

    private func bar(_ bytes: Int) -> String {
        guard let totalBytes, totalBytes > 0 else { return "" }
        let share = min(Double(bytes) / Double(totalBytes), 1)
        let full = Int(share * Double(Self.barWidth))
        return "[" + String(repeating: "=", count: full) + String(repeating: " ", count: Self.barWidth - full)
            + "] \(Int(share * 100)) %  "
    }

    /// Makes room for a line of text.
    func clear() { line.clear() }
}
