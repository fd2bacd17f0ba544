import Foundation

/// How far something is, on standard error: one line of the terminal that is written over. Elsewhere a line now and then, if at
/// all.
struct StatusLine {
    private static let interval = Duration.milliseconds(200)

    private let isTerminal = isatty(2) == 1
    private let interval: Duration?
    private var shown = ContinuousClock.now
    private var isVisible = false

    /// - Parameter repeated: how often, where there is no terminal
    init(repeated: Duration? = nil) { interval = isTerminal ? Self.interval : repeated }

    mutating func show(_ text: @autoclosure () -> String) {
        let now = ContinuousClock.now
        guard let interval, now - shown > interval else { return }
        shown = now
        isVisible = isTerminal
        write(isTerminal ? "\r\(text()) \u{1b}[K" : text() + "\n")
    }

    /// Makes room for a line of text.
    mutating func clear() {
        if isVisible { write("\r\u{1b}[K") }
        isVisible = false
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
