import Foundation
import Synchronization

/// How far a transfer is, on one line of the terminal that is written over; nothing where standard error is no terminal.
final class ProgressLine {
    private static let interval = Duration.milliseconds(200)
    private static let barWidth = 24

    private let totalBytes: Int?
    private let isTerminal = isatty(2) == 1
    private let began = ContinuousClock.now
    private var shown = ContinuousClock.now
    private var isVisible = false

    init(totalBytes: Int?) { self.totalBytes = totalBytes }

    func show(lines: Int, bytes: Int) {
        let now = ContinuousClock.now
        guard isTerminal, now - shown > Self.interval else { return }
        shown = now
        isVisible = true
        let seconds = max((now - began) / .seconds(1), 0.001)
        write("\r\(bar(bytes))\(lines) lines, \(Int(Double(lines) / seconds)) a second \u{1b}[K")
    }

    private func bar(_ bytes: Int) -> String {
        guard let totalBytes, totalBytes > 0 else { return "" }
        let share = min(Double(bytes) / Double(totalBytes), 1)
        let full = Int(share * Double(Self.barWidth))
        return "[" + String(repeating: "=", count: full) + String(repeating: " ", count: Self.barWidth - full)
            + "] \(Int(share * 100)) %  "
    }

    /// Makes room for a line of text.
    func clear() {
        if isVisible { write("\r\u{1b}[K") }
        isVisible = false
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// Set once, from any thread.
final class InterruptionFlag: Sendable {
    private let value = Atomic<Bool>(false)

    func raise() { value.store(true, ordering: .relaxed) }
    var isRaised: Bool { value.load(ordering: .relaxed) }
}
