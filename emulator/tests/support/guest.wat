;; A Worker that does what it is told: a remote control for the host's side of the ABI.
;;
;; It runs a script for each event: that of a GET is the variable `GET`, that of any other `fetch` the request's body, that of an
;; `object.fetch` its body, that of any other event the variable named like its kind. A script is a list of commands, each a
;; letter, a length (u32, little endian) and a payload:
;;
;;   O  issues the op in the payload; its answer is the result     S  runs SQL; its answer is the result
;;   N  sends; the number of sockets is the result (one digit)      C  closes sockets
;;   E  the event is the result                                     R  responds 200 with the result
;;   A  responds with the payload                                   M  grows the memory by so many pages; the result is + or -
;;   T  traps                                                       L  loops for ever
;;   H  waits for nothing                                           X  cancels the op of task place 0
;;   W  logs the payload as a warning
;;   Q  issues the op in the payload, and again whenever it is answered
;;   D  issues the op in the payload twice under one id             F  issues it for ever, under an id of its own each time
;;   B  sends the payload for ever                                  Z  cancels for ever
;;   G  responds with the payload for ever                          Y  asks for so many random bytes
;;
;; At the end of the script the task is done.
(module
  (import "pmx" "op" (func $op (param i32 i32 i32 i32)))
  (import "pmx" "cancel" (func $cancel (param i32)))
  (import "pmx" "respond" (func $respond (param i32 i32 i32)))
  (import "pmx" "done" (func $done (param i32)))
  (import "pmx" "sql" (func $sql (param i32 i32) (result i64)))
  (import "pmx" "send" (func $send (param i32 i32) (result i32)))
  (import "pmx" "close" (func $close (param i32 i32)))
  (import "pmx" "log" (func $log (param i32 i32 i32)))
  (import "pmx" "random" (func $random (param i32 i32)))
  (import "pmx" "env" (func $env (param i32 i32) (result i64)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\09\00\00\00body.read\07\00\00\009000000")
  (data (i32.const 64) "GET")
  (data (i32.const 80) "\03\00\00\00200\05\00\00\00bytes")

  ;; Places of tasks: used, task, pc, end, result, its length, event, its length; 32 bytes each, from 1024.
  (global $heap (mut i32) (i32.const 65536))

  (func (export "abi_version") (result i32) (i32.const 1))
  (func (export "live_tasks") (result i32) (i32.const 0))
  (func (export "live_ops") (result i32) (i32.const 0))

  (func $alloc (export "alloc") (param $len i32) (result i32)
    (local $ptr i32)
    (local.set $ptr (global.get $heap))
    (global.set $heap (i32.add (global.get $heap) (local.get $len)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $more)))
    (local.get $ptr))

  (func $place (param $i i32) (result i32)
    (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 32))))

  ;; The address of the field after the one at `ptr`.
  (func $after (param $ptr i32) (result i32)
    (i32.add (i32.add (local.get $ptr) (i32.const 4)) (i32.load (local.get $ptr))))

  (func $script (param $at i32) (param $ptr i32) (param $len i32)
    (i32.store offset=8 (local.get $at) (local.get $ptr))
    (i32.store offset=12 (local.get $at) (i32.add (local.get $ptr) (local.get $len))))

  (func $script_of_variable (param $at i32) (param $ptr i32) (param $len i32)
    (local $answer i64)
    (local.set $answer (call $env (local.get $ptr) (local.get $len)))
    (call $script (local.get $at) (i32.const 0) (i32.const 0))
    (if (i32.wrap_i64 (local.get $answer))
      (then
        (local.set $ptr (i32.wrap_i64 (i64.shr_u (local.get $answer) (i64.const 32))))
        (call $script (local.get $at) (i32.add (local.get $ptr) (i32.const 4)) (i32.load (local.get $ptr))))))

  (func (export "start") (param $task i32) (param $ptr i32) (param $len i32)
    (local $i i32) (local $at i32) (local $field i32)
    (block $found
      (loop $next
        (local.set $at (call $place (local.get $i)))
        (br_if $found (i32.eqz (i32.load (local.get $at))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $at) (i32.const 1))
    (i32.store offset=4 (local.get $at) (local.get $task))
    (i32.store offset=24 (local.get $at) (local.get $ptr))
    (i32.store offset=28 (local.get $at) (local.get $len))
    (if (i32.eq (i32.load (local.get $ptr)) (i32.const 5))
      (then
        ;; `fetch`: the second field is the method.
        (if (i32.eq (i32.load8_u offset=13 (local.get $ptr)) (i32.const 71))
          (then (call $script_of_variable (local.get $at) (i32.const 64) (i32.const 3)))
          (else
            (i32.store (local.get $at) (i32.const 2))
            (call $op (local.get $task) (local.get $i) (i32.const 0) (i32.const 24))
            (return))))
      (else
        (if (i32.eq (i32.load8_u offset=11 (local.get $ptr)) (i32.const 102))
          (then
            ;; `object.fetch`: the fifth field is the body.
            (local.set $field
              (call $after (call $after (call $after (call $after (local.get $ptr))))))
            (call $script (local.get $at) (i32.add (local.get $field) (i32.const 4)) (i32.load (local.get $field))))
          (else
            (call $script_of_variable
              (local.get $at) (i32.add (local.get $ptr) (i32.const 4)) (i32.load (local.get $ptr)))))))
    (call $run (local.get $i)))

  (func (export "resume") (param $i i32) (param $ptr i32) (param $len i32)
    (local $at i32)
    (local.set $at (call $place (local.get $i)))
    (if (i32.eqz (i32.load (local.get $at))) (then (return)))
    (if (i32.eq (i32.load (local.get $at)) (i32.const 2))
      (then
        ;; The script has come: `ok` and the body.
        (i32.store (local.get $at) (i32.const 1))
        (call $script (local.get $at) (i32.add (local.get $ptr) (i32.const 10)) (i32.load offset=6 (local.get $ptr))))
      (else
        (i32.store offset=16 (local.get $at) (local.get $ptr))
        (i32.store offset=20 (local.get $at) (local.get $len))))
    (call $run (local.get $i)))

  (func (export "abort") (param $task i32)
    (local $i i32) (local $at i32)
    (loop $next
      (local.set $at (call $place (local.get $i)))
      (if (i32.and (i32.ne (i32.load (local.get $at)) (i32.const 0))
                   (i32.eq (i32.load offset=4 (local.get $at)) (local.get $task)))
        (then
          (i32.store (local.get $at) (i32.const 0))
          (call $cancel (local.get $i))
          (call $done (local.get $task))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 64)))))

  (func $result (param $at i32) (param $ptr i32) (param $len i32)
    (i32.store offset=16 (local.get $at) (local.get $ptr))
    (i32.store offset=20 (local.get $at) (local.get $len)))

  (func $letter (param $at i32) (param $letter i32)
    (local $ptr i32)
    (local.set $ptr (call $alloc (i32.const 1)))
    (i32.store8 (local.get $ptr) (local.get $letter))
    (call $result (local.get $at) (local.get $ptr) (i32.const 1)))

  (func $respond_result (param $at i32)
    (local $ptr i32)
    (local.set $ptr (call $alloc (i32.add (i32.const 20) (i32.load offset=20 (local.get $at)))))
    (memory.copy (local.get $ptr) (i32.const 80) (i32.const 16))
    (i32.store offset=16 (local.get $ptr) (i32.load offset=20 (local.get $at)))
    (memory.copy (i32.add (local.get $ptr) (i32.const 20))
      (i32.load offset=16 (local.get $at)) (i32.load offset=20 (local.get $at)))
    (call $respond (i32.load offset=4 (local.get $at)) (local.get $ptr)
      (i32.add (i32.const 20) (i32.load offset=20 (local.get $at)))))

  (func $run (param $i i32)
    (local $at i32) (local $pc i32) (local $command i32) (local $len i32) (local $answer i64)
    (local.set $at (call $place (local.get $i)))
    (loop $next
      (local.set $pc (i32.load offset=8 (local.get $at)))
      (if (i32.ge_u (local.get $pc) (i32.load offset=12 (local.get $at)))
        (then
          (i32.store (local.get $at) (i32.const 0))
          (call $done (i32.load offset=4 (local.get $at)))
          (return)))
      (local.set $command (i32.load8_u (local.get $pc)))
      (local.set $len (i32.load offset=1 (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 5)))
      (i32.store offset=8 (local.get $at) (i32.add (local.get $pc) (local.get $len)))
      (if (i32.eq (local.get $command) (i32.const 79)) ;; O
        (then
          (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len))
          (return)))
      (if (i32.eq (local.get $command) (i32.const 81)) ;; Q
        (then
          (i32.store offset=8 (local.get $at) (i32.sub (local.get $pc) (i32.const 5)))
          (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len))
          (return)))
      (if (i32.eq (local.get $command) (i32.const 68)) ;; D
        (then
          (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len))
          (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len))
          (return)))
      (if (i32.eq (local.get $command) (i32.const 70)) ;; F
        (then
          (local.set $i (i32.const 1000))
          (loop $more
            (call $op (i32.load offset=4 (local.get $at)) (local.get $i) (local.get $pc) (local.get $len))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $more))))
      (if (i32.eq (local.get $command) (i32.const 66)) ;; B
        (then (loop $more (drop (call $send (local.get $pc) (local.get $len))) (br $more))))
      (if (i32.eq (local.get $command) (i32.const 90)) ;; Z
        (then (loop $more (call $cancel (i32.const 7)) (br $more))))
      (if (i32.eq (local.get $command) (i32.const 71)) ;; G
        (then
          (loop $more
            (call $respond (i32.load offset=4 (local.get $at)) (local.get $pc) (local.get $len))
            (br $more))))
      (if (i32.eq (local.get $command) (i32.const 89)) ;; Y
        (then (call $random (i32.const 0) (i32.load (local.get $pc)))))
      (if (i32.eq (local.get $command) (i32.const 72)) ;; H
        (then (return)))
      (if (i32.eq (local.get $command) (i32.const 84)) ;; T
        (then unreachable))
      (if (i32.eq (local.get $command) (i32.const 76)) ;; L
        (then (loop $forever (br $forever))))
      (if (i32.eq (local.get $command) (i32.const 83)) ;; S
        (then
          (local.set $answer (call $sql (local.get $pc) (local.get $len)))
          (call $result (local.get $at)
            (i32.wrap_i64 (i64.shr_u (local.get $answer) (i64.const 32))) (i32.wrap_i64 (local.get $answer)))))
      (if (i32.eq (local.get $command) (i32.const 78)) ;; N
        (then (call $letter (local.get $at) (i32.add (i32.const 48) (call $send (local.get $pc) (local.get $len))))))
      (if (i32.eq (local.get $command) (i32.const 67)) ;; C
        (then (call $close (local.get $pc) (local.get $len))))
      (if (i32.eq (local.get $command) (i32.const 69)) ;; E
        (then
          (call $result (local.get $at) (i32.load offset=24 (local.get $at)) (i32.load offset=28 (local.get $at)))))
      (if (i32.eq (local.get $command) (i32.const 82)) ;; R
        (then (call $respond_result (local.get $at))))
      (if (i32.eq (local.get $command) (i32.const 65)) ;; A
        (then (call $respond (i32.load offset=4 (local.get $at)) (local.get $pc) (local.get $len))))
      (if (i32.eq (local.get $command) (i32.const 77)) ;; M
        (then
          (call $letter (local.get $at)
            (select (i32.const 45) (i32.const 43)
              (i32.eq (memory.grow (i32.load (local.get $pc))) (i32.const -1))))))
      (if (i32.eq (local.get $command) (i32.const 88)) ;; X
        (then (call $cancel (i32.const 0))))
      (if (i32.eq (local.get $command) (i32.const 87)) ;; W
        (then (call $log (i32.const 2) (local.get $pc) (local.get $len))))
      (br $next))))
