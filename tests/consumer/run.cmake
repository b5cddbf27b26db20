# Installs Winnow into a fresh folder, builds the consumer against it, and runs that on a model.

file(REMOVE_RECURSE ${WORK})
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=address,undefined")
endif()
# Moved after installing: an installed package must not know where it was made.
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${WORK}/first ${WORK}/prefix)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR}
  -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${flags} -D CMAKE_PREFIX_PATH=${WORK}/prefix
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)

# None, as protocol 2 writes it.
execute_process(COMMAND printf "\\200\\002N." OUTPUT_FILE ${WORK}/model.pkl)
execute_process(COMMAND ${WORK}/build/consumer ${WORK}/model.pkl COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/prefix/bin/winnow scan ${WORK}/model.pkl COMMAND_ERROR_IS_FATAL ANY)
