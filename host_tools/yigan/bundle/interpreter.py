"""Names that MicroPython's own modules and objects have, on the unix port, ESP32 and RP2; those in capitals excepted.

A name of ours that stands here may mean theirs where it is used, so nobody changes it; and it costs nothing, because
their images hold it anyway. Source: `dir()` of the modules and objects of the VM, and the definitions in
micropython-esp32-stubs and micropython-rp2-stubs (locks/typings-*.lock); tests/bundle/test_shorten.py compares.
"""

NAMES = frozenset(
    """
ADCBlock ADCWiPy AbstractBlockDev AbstractNIC AnyReadableBuf AnyWritableBuf ArithmeticError AssertionError
AttributeError BaseException BytesIO CancelledError Const_T Counter DMATimer DeflateIO EOFError Ellipsis Encoder Event
Exception Flash FrameBuffer FrameBuffer1 GeneratorExit GenericAlias HID_Tuple I2CTarget IOBase IOBase_mp IOQueue
ImportError IndentationError IndexError KeyError KeyboardInterrupt Lock LockType LookupError Loop MP_StatResult
MP_StatVfsResult MemoryError NameError NeoPixel NotImplemented NotImplementedError OSError OneWire OneWireError
OrderedDict OverflowError PIOASMEmit PIOASMError Partition PathLike Pin PinBase RingIO RuntimeError SDCard SSLContext
Server Signal SingletonGenerator Socket SoftI2C SoftSPI StateMachine StopAsyncIteration StopIteration StrOrBytesPath
Stream StreamReader StreamWriter StringIO Subscriptable SyntaxError SystemExit Task TaskQueue ThreadSafeFlag
TimeoutError Timer TouchPad TypeError USBDevice UnicodeError ValueError VfsFat VfsLfs1 VfsLfs2 VfsPosix VfsRom
ViperTypeError WLANWiPy ZeroDivisionError a2b_base64 abs accept aclose acos acosh acquire active add add_program
addressof aes alarm all alloc_emergency_exception_buf allocate_lock antenna any append appendleft args argv array asin
asinh asm_pio asm_pio_encode asm_thumb asm_xtensa atan atan2 atanh atexit atten auth awrite awritestr b2a_base64 bdev
bin bind bitstream bitstream_channel bitstream_rmt blit block board bool bootloader bootsel_button bpp buf bytearray
bytearray_at byteorder bytes bytes_at calcsize call_exception_handler callable callback cancel ceil center channel
chdir choice chr classmethod clear clock clock_div close collect commit compile complex config connect const copy
copysign core coro cos cosh count country cpu crc32 crc8 create_task csi_available csi_disable csi_dropped csi_enable
csi_read cur_task current_task data datetime decode decorator decrypt deepsleep default_exception_handler degrees
deinit delattr delay deleter deque desc_cfg desc_dev dht_readinto dict difference difference_update digest dir disable
disable_irq discard disconnect divmod done drain drive dump dumps duty duty_ns duty_u16 e ellipse enable enable_irq
encode encrypt endswith enumerate ep_max erase_key erf erfc errno errorcode eval event exc_info exec execfile
executable exit exp expm1 extend fabs factorial feed fileno fill fill_rect filter find flags flash_erase flash_read
flash_size flash_user_start flash_write float floor flush fmod format freq frexp from_bytes fromhex fromkeys frozenset
fs funcs gamma gap_advertise gap_connect gap_disconnect gap_pair gap_passkey gap_scan gather
gattc_discover_characteristics gattc_discover_descriptors gattc_discover_services gattc_exchange_mtu gattc_read
gattc_write gatts_indicate gatts_notify gatts_read gatts_register_services gatts_set_buffer gatts_write get get_blob
get_ciphers get_event_loop get_exception_handler get_extra_info get_i32 get_ident get_next_update getaddrinfo getattr
getcwd getenv getrandbits getter getvalue globals gmtime gpio gpio_matrix_in gpio_matrix_out hasattr hash heap_lock
heap_unlock heapify heappop heappush help hex hexdigest hexlify high hline host hostname id idf_heap_info idle
ifconfig ifempty iffull ilistdir implementation in_ index inet_ntop inet_pton inf info init input insert int
intersection intersection_update invert io ioctl ipconfig ipoll irq irq_next irq_prev is_set isalpha isclose
isconnected isdigit isdisjoint isenabled isfinite isinf isinstance islower isnan isr isspace issubclass issubset
issuperset isupper items iter itf_max jmp jmppin join kbd_intr keys label ldexp len lgamma libc_ver lightsleep line
list listdir listen load load_binary load_cert_chain load_verify_locations loads locals localtime lock locked log
log10 log2 loop loop_count low lower lstrip mac machine makefile map mark_app_valid_cancel_rollback match max maxsize
md5 mem16 mem32 mem8 mem_alloc mem_backup mem_current mem_free mem_info mem_peak mem_total memory memoryview min mkdir
mkfs mktime mode modf modify modules mount mov mp_available n name namedtuple nan native new_event_loop next noblock
nodename nop not_osre not_x not_y null object oct off on open open_connection opt_level ord osdebug osr out pack
pack_ctrl pack_into partition path pc peek pend_throw ph_key phase phases phy_mode pi pin pindirs pins pixel platform
polar poll poly pop popitem popleft pow prev print print_exception print_pcbs property ps1 ps2 ptr ptr16 ptr32 ptr8
pull push put putenv python_compiler qstr_info queue_read queue_write radians randint random randrange range
raw_temperature read read_u16 read_uv readbit readblocks readbyte readexactly readfrom readfrom_into readfrom_mem
readfrom_mem_into readinto readline readlines rect recv recvfrom register rel release remote_wakeup remove
remove_program rename replace repr reset reset_cause restart reverse reversed rfind rindex rmdir rom_ioctl round route
rpartition rsplit rstrip run run_forever run_until_complete rx_fifo scan schedule scroll search seed seek select
select_rom send send_ethernet sendall sendbreak sendto sep set set_blob set_boot set_ciphers set_exception_handler
set_i32 set_native_code_location set_wakeup_period setattr setblocking setdefault setsockopt setter settime settimeout
sha1 sha256 shift side sin sinh sizeof sleep sleep_ms sleep_type sleep_us slice sockaddr socket soft_reset sort sorted
source_freq split splitlines sqrt ssid stack_size stack_use stall start start_new_thread start_server startswith stat
state state_machine staticmethod status statvfs stderr stdin stdout step stop str str_max stream stream_awrite strip
struct sub submit_xfer sum super symmetric_difference symmetric_difference_update sys sysname system tan tanh tau tell
text threshold throw ticks ticks_add ticks_cpu ticks_diff ticks_ms ticks_us time time_ns time_pulse_us timeout timing
tls to_bytes toggle trigger trunc tuple tx_fifo txdone type uint umount uname_result unhexlify uniform union unique_id
unlink unpack unpack_ctrl unpack_from unregister unsetenv update upper urandom value values verify_mode version
version_info viper vline wait wait_closed wait_done wait_for wait_for_ms wait_io_event waiting wake_on_ext0
wake_on_ext1 wake_on_gpio wake_on_touch wake_on_ulp wake_pins wake_reason websocket width word wrap wrap_socket
wrap_target write write_pulses write_readinto writebit writeblocks writebyte writeto writeto_mem writevto x x_dec
x_not_y y y_dec zip
""".split()
)
